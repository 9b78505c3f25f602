import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** One fixed name: each server that is not ended by TERM keeps one of eight slots. */
const SERVER = 'audiocloud-card-test';
const PORTS_MS = 30_000;

/** Why there can be no JACK server here, or false. */
export function jackMissing(): string | false {
  for (const program of ['jackd', 'jack_wait', 'jack_lsp', 'jack_connect', 'jack_disconnect', 'jack_thru'])
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0) return `${program} is not installed`;
  return false;
}

/** A sound card for tests that hears what it plays: a JACK server without hardware, whose programs are connected by cables. */
export class JackCard {
  readonly environment: NodeJS.ProcessEnv;
  private readonly server: ChildProcess;

  static async start(periodFrames: number): Promise<JackCard> {
    const { PULSE_SERVER: _, ...rest } = process.env;
    const environment = { ...rest, JACK_DEFAULT_SERVER: SERVER, JACK_NO_START_SERVER: '1' };
    const format = ['-r', '48000', '-p', String(periodFrames), '-C', '2', '-P', '2'];
    const server = spawn('jackd', ['--no-realtime', '-n', SERVER, '-d', 'dummy', ...format], {
      stdio: 'ignore',
      env: { ...environment, JACK_NO_AUDIO_RESERVATION: '1' },
    });
    const card = new JackCard(environment, server);
    const waited = spawnSync('jack_wait', ['-s', SERVER, '-w', '-t', '20'], { env: environment });
    if (waited.status === 0 && server.exitCode === null) return card;
    await card.stop();
    throw new Error(`jackd did not start: ${waited.stdout} ${waited.stderr}`);
  }

  private constructor(environment: NodeJS.ProcessEnv, server: ChildProcess) {
    this.environment = environment;
    this.server = server;
  }

  /** Lays a cable from each output of the engine's sound system to its input, once these are there. */
  async closeLoop(): Promise<void> {
    const { outputs, inputs } = await this.enginePorts();
    for (const [i, output] of outputs.entries()) this.connect(output, inputs[i]!);
  }

  /** What the engine plays on and hears, once its sound system is there. */
  async enginePorts(): Promise<{ outputs: string[]; inputs: string[] }> {
    return {
      outputs: await this.ports(/^cpal.*_out:out_/, 2),
      inputs: await this.ports(/^cpal.*_in:in_/, 2),
    };
  }

  /** The ports of a name, once there are so many. */
  async ports(name: RegExp, count: number): Promise<string[]> {
    for (const end = performance.now() + PORTS_MS; performance.now() < end; await sleep(100)) {
      const { stdout } = spawnSync('jack_lsp', { env: this.environment, encoding: 'utf8' });
      const found = stdout.split('\n').filter((port) => name.test(port));
      if (found.length >= count) return found;
    }
    throw new Error(`No ${count} ports ${name} within ${PORTS_MS / 1000} s`);
  }

  /** Lays a cable; several to one input are added. */
  connect(output: string, input: string): void {
    this.cable('jack_connect', output, input);
  }

  /** Pulls it. */
  disconnect(output: string, input: string): void {
    this.cable('jack_disconnect', output, input);
  }

  private cable(program: string, output: string, input: string): void {
    const { status, stderr } = spawnSync(program, [output, input], { env: this.environment, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program} ${output} ${input}: ${stderr}`);
  }

  async stop(): Promise<void> {
    if (this.server.exitCode !== null || this.server.signalCode !== null) return;
    const ended = once(this.server, 'exit');
    this.server.kill('SIGTERM');
    await ended;
  }
}
