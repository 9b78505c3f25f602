import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../cli/audiocloud.js', import.meta.url));

/** For workloads that send more than one client should. */
export const NO_LIMIT = { AUDIOCLOUD_REQUESTS_PER_MINUTE: '1000000' };

/** `audiocloud serve` with its engine in processes of their own, on the paced clock, with a data folder that is removed. */
export class ServedDomain {
  readonly url: string;
  readonly dataDir: string;
  readonly #child: ChildProcess;

  /** Resolves when it listens; rejects with its words when it ends before. prepare: puts files into the data folder. */
  static async start(
    environment: NodeJS.ProcessEnv = {},
    prepare?: (dataDir: string) => Promise<void>,
  ): Promise<ServedDomain> {
    const dataDir = mkdtempSync(join(tmpdir(), 'audiocloud-bench-'));
    await prepare?.(dataDir);
    const child = spawn(process.execPath, [COMMAND, 'serve', '--port', '0', '--data', dataDir, '--access', 'open'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, AUDIOCLOUD_DEVICE: 'paced', ...environment },
    });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let text = '';
        child.stdout!.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          const address = /http:\/\/\S+/.exec(text.split('\n').find((line) => line.includes('is running')) ?? '')?.[0];
          if (address) resolve(address);
        });
        child.once('exit', (code) => reject(new Error(`audiocloud serve ended with ${code}: ${text}`)));
      });
      return new ServedDomain(url, dataDir, child);
    } catch (error) {
      rmSync(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  private constructor(url: string, dataDir: string, child: ChildProcess) {
    this.url = url;
    this.dataDir = dataDir;
    this.#child = child;
  }

  /** Ends domain and engine, and removes their folder. */
  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
