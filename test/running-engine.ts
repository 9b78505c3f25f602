import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  AUDIO_HEAD_BYTES,
  AUDIO_KIND,
  AudioCloudError,
  type AudioNotice,
  type AudioRequest,
  type EngineAnswer,
  type EngineEvent,
  frameMessage,
  MessageReader,
} from '@audiocloud/api';
import { ENGINE_FLAGS } from '../domain/engine/engine-process.ts';
import { type HeardPacket, heardPacket } from './heard-packet.ts';

const ENTRY = fileURLToPath(new URL('../engine/process/main.ts', import.meta.url));
const STOCK = fileURLToPath(new URL('../plugins', import.meta.url));

/** One connection to both sockets of an engine, for tests: sends what it is told, right or wrong. */
export class EngineLink {
  readonly events: EngineEvent[] = [];
  /** With the stream id that each is of. */
  readonly notices: [number, AudioNotice][] = [];
  /** By stream id. */
  readonly packets = new Map<number, HeardPacket[]>();
  readonly control: Socket;
  readonly audio: Socket;
  private readonly waiting = new Map<number, (answer: EngineAnswer) => void>();
  private lastId = 0;

  static async open(dataDir: string): Promise<EngineLink> {
    const control = createConnection(join(dataDir, 'engine-control.sock'));
    const audio = createConnection(join(dataDir, 'engine-audio.sock'));
    await Promise.all([once(control, 'connect'), once(audio, 'connect')]);
    return new EngineLink(control, audio);
  }

  private constructor(control: Socket, audio: Socket) {
    this.control = control;
    this.audio = audio;
    const answers = new MessageReader();
    control.on('data', (chunk) => {
      for (const bytes of answers.push(chunk)) this.take(JSON.parse(new TextDecoder().decode(bytes)));
    });
    const packets = new MessageReader();
    audio.on('data', (chunk) => {
      for (const bytes of packets.push(chunk)) {
        const stream = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
        if (bytes[4] === AUDIO_KIND.notice) {
          this.notices.push([stream, JSON.parse(new TextDecoder().decode(bytes.subarray(AUDIO_HEAD_BYTES)))]);
          continue;
        }
        const list = this.packets.get(stream) ?? [];
        list.push(heardPacket(bytes.subarray(AUDIO_HEAD_BYTES)));
        this.packets.set(stream, list);
      }
    });
    for (const socket of [control, audio]) socket.on('error', () => {});
  }

  /** The result; a refusal is thrown. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  async command(type: string, body: object = {}): Promise<any> {
    const answer = await this.raw({ type, id: ++this.lastId, ...body }, this.lastId);
    if (answer.type === 'refusal') throw AudioCloudError.from(answer.error);
    return answer.result;
  }

  /** Sends anything and waits for the answer with this id. */
  raw(message: unknown, id: number): Promise<EngineAnswer> {
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      const text = typeof message === 'string' ? message : JSON.stringify(message);
      this.control.write(frameMessage(new TextEncoder().encode(text)));
    });
  }

  ask(request: AudioRequest | object): void {
    this.audio.write(frameMessage(new TextEncoder().encode(JSON.stringify(request))));
  }

  /** Asks for streams, and waits until each is sent from the next frame on. Throws after a minute: a machine may be busy. */
  async listen(...requests: { stream: number; task: string; node?: string; format: string }[]): Promise<void> {
    const joined = (stream: number) =>
      this.notices.filter(([of, { type }]) => of === stream && type === 'joined').length;
    const before = requests.map(({ stream }) => joined(stream));
    for (const request of requests) this.ask({ type: 'listen', ...request });
    for (let attempt = 0; attempt < 6000; attempt++) {
      if (requests.every(({ stream }, i) => joined(stream) > before[i]!)) return;
      await sleep(10);
    }
    throw new Error(`Streams ${requests.map(({ stream }) => stream).join(', ')} were not all joined within a minute`);
  }

  /** Packets of a stream when they hold at least so many frames. Throws after a minute: a machine may be busy. */
  async framesOf(stream: number, frames: number): Promise<HeardPacket[]> {
    for (let attempt = 0; attempt < 6000; attempt++) {
      const packets = this.packets.get(stream) ?? [];
      if (packets.reduce((sum, packet) => sum + packet.frames, 0) >= frames) return packets;
      await sleep(10);
    }
    throw new Error(`Stream ${stream} did not bring ${frames} frames within a minute`);
  }

  /** The first event, from now on or before, that `wanted` says yes to. Throws after a minute: a machine may be busy. */
  async event<T extends EngineEvent['type']>(
    type: T,
    wanted: (event: Extract<EngineEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<EngineEvent, { type: T }>> {
    for (let attempt = 0; attempt < 6000; attempt++) {
      const found = this.events.find((one) => one.type === type && wanted(one as never));
      if (found) return found as never;
      await sleep(10);
    }
    throw new Error(`No event '${type}' came within a minute`);
  }

  close(): void {
    this.control.destroy();
    this.audio.destroy();
  }

  private take(message: EngineAnswer | EngineEvent): void {
    if (message.type !== 'answer' && message.type !== 'refusal') {
      this.events.push(message);
      return;
    }
    this.waiting.get(message.id)?.(message);
    this.waiting.delete(message.id);
  }
}

export interface RunningEngineOptions {
  dataDir?: string;
  environment?: NodeJS.ProcessEnv;
  plugins?: string[];
}

/** An engine process with a data folder of its own. */
export class RunningEngine {
  readonly dataDir: string;
  readonly child: ChildProcess;
  /** What it wrote to stderr. */
  log = '';
  private readonly links: EngineLink[] = [];

  /** Resolves when it listens; rejects, with its log, when it ends before. */
  static async start({ dataDir, environment, plugins = [STOCK] }: RunningEngineOptions = {}): Promise<RunningEngine> {
    const engine = new RunningEngine(
      dataDir ?? mkdtempSync(join(tmpdir(), 'engine-')),
      { AUDIOCLOUD_DEVICE: 'paced', ...environment },
      plugins,
    );
    for (;;) {
      if (engine.log.includes('engine is up')) return engine;
      if (engine.child.exitCode !== null) {
        if (!dataDir) rmSync(engine.dataDir, { recursive: true, force: true });
        throw new Error(`The engine ended at start:\n${engine.log}`);
      }
      await sleep(10);
    }
  }

  private constructor(dataDir: string, environment: NodeJS.ProcessEnv, plugins: string[]) {
    this.dataDir = dataDir;
    const args = [...ENGINE_FLAGS, ENTRY, '--data', dataDir, ...plugins.flatMap((folder) => ['--plugins', folder])];
    this.child = spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'pipe'],
      // as the domain starts it; one folder for all, or each would begin without
      env: { NODE_COMPILE_CACHE: join(tmpdir(), 'audiocloud-compile-cache'), ...process.env, ...environment },
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
  }

  async link(): Promise<EngineLink> {
    const link = await EngineLink.open(this.dataDir);
    this.links.push(link);
    return link;
  }

  /** How it ended: exit code or signal. */
  async ended(): Promise<number | string> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? child.signalCode!;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    this.child.kill(signal);
    const how = await this.ended();
    for (const link of this.links) link.close();
    return how;
  }

  /** Stops it and removes its data folder. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
