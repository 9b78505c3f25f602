import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { JackServer } from './jack-server.ts';

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
  private readonly server: JackServer;

  static async start(periodFrames: number): Promise<JackCard> {
    const server = await JackServer.start({ name: 'audiocloud-card-test', periodFrames, channels: 2 });
    const { PULSE_SERVER: _, ...rest } = process.env;
    return new JackCard({ ...rest, ...server.environment }, server);
  }

  private constructor(environment: NodeJS.ProcessEnv, server: JackServer) {
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

  stop(): Promise<void> {
    return this.server.stop();
  }
}
