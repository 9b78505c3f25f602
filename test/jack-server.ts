import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface JackServerOptions {
  /** One fixed name for each use: a server that is killed keeps one of eight slots, which the next of its name takes over. */
  name: string;
  periodFrames: number;
  /** Of the card that it plays that there is, each way. */
  channels?: number;
}

/** A JACK server at 48 kHz without hardware. It ends with this process, however that ends. */
export class JackServer {
  /** With these a program takes this server, and starts none. */
  readonly environment: { JACK_DEFAULT_SERVER: string; JACK_NO_START_SERVER: string };
  private readonly child: ChildProcess;

  /** Waits for another run that has the name. Throws when the server does not start. */
  static async start({ name, periodFrames, channels }: JackServerOptions): Promise<JackServer> {
    const format = ['-r', '48000', '-p', String(periodFrames)];
    if (channels !== undefined) format.push('-C', String(channels), '-P', String(channels));
    const child = spawn(join(import.meta.dirname, 'jack-server.sh'), [name, ...format], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const said = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
    if (String(said[0]).trim() !== 'up') throw new Error(`The JACK server ${name} did not start`);
    return new JackServer(name, child);
  }

  private constructor(name: string, child: ChildProcess) {
    this.environment = { JACK_DEFAULT_SERVER: name, JACK_NO_START_SERVER: '1' };
    this.child = child;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin!.end();
    await ended;
  }
}
