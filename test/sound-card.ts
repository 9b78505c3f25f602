import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Why there can be no virtual sound card here, or false. */
export function soundCardMissing(): string | false {
  for (const program of ['pulseaudio', 'parec', 'pactl'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`;
  return false;
}

/**
 * A sound card for tests: a PulseAudio server of its own with one stereo null sink, whose monitor gives back what was
 * played. ALSA programs reach it through `environment` (Debian: libasound2-plugins).
 */
export class SoundCard {
  readonly environment: NodeJS.ProcessEnv;
  private readonly folder: string;
  private readonly server: ChildProcess;

  static async start(sampleRate = 48000): Promise<SoundCard> {
    const folder = mkdtempSync(join(tmpdir(), 'sound-card-'));
    const socket = join(folder, 'socket');
    const load = [
      `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
      `module-null-sink sink_name=card rate=${sampleRate} format=float32le channels=2 norewinds=1`,
    ];
    const server = spawn(
      'pulseaudio',
      [
        ...['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=0', '--realtime=0', '--log-target=stderr'],
        ...load.flatMap((module) => ['-L', module]),
      ],
      { stdio: 'ignore', env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, PULSE_RUNTIME_PATH: folder } },
    );
    const card = new SoundCard(folder, server, {
      ...process.env,
      HOME: folder,
      PULSE_SERVER: `unix:${socket}`,
      PULSE_SINK: 'card',
      PULSE_SOURCE: 'card.monitor',
      JACK_NO_START_SERVER: '1',
    });
    for (let attempt = 0; attempt < 300; attempt++) {
      if (spawnSync('pactl', ['info'], { env: card.environment, timeout: 2000 }).status === 0) return card;
      await sleep(100);
    }
    await card.stop();
    throw new Error('The PulseAudio server did not start within 30 s');
  }

  private constructor(folder: string, server: ChildProcess, environment: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.server = server;
    this.environment = environment;
  }

  /** What the card plays during `seconds`: interleaved stereo f32. */
  async record(seconds: number, sampleRate = 48000): Promise<Float32Array> {
    const arguments_ = ['-d', 'card.monitor', '--raw', '--format=float32le', '--channels=2', '--latency-msec=20'];
    const recorder = spawn('parec', [...arguments_, `--rate=${sampleRate}`], {
      env: this.environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const wanted = Math.ceil(seconds * sampleRate) * 8;
    const bytes = Buffer.alloc(wanted);
    let size = 0;
    for await (const chunk of recorder.stdout as AsyncIterable<Buffer>) {
      size += chunk.copy(bytes, size);
      if (size >= wanted) break;
    }
    recorder.kill();
    return new Float32Array(bytes.buffer, bytes.byteOffset, size >> 2);
  }

  /**
   * What `judge` says of a recording. Another one is made while it is not `isClean`, up to eight times: on a busy machine a
   * virtual card stumbles by itself.
   */
  async heard<T>(judge: (recording: Float32Array) => T, isClean: (judged: T) => boolean): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const judged = judge(await this.record(1.5));
      if (isClean(judged) || attempt === 8) return judged;
    }
  }

  /** Pulls the plug. */
  async stop(): Promise<void> {
    if (this.server.exitCode === null && this.server.signalCode === null) {
      const ended = once(this.server, 'exit');
      this.server.kill('SIGTERM');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
