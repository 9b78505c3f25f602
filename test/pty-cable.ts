import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Why there are no pseudo terminals on this machine, or false. */
export const noPty = spawnSync('socat', ['-V']).error ? 'socat is not installed' : false;

/** A serial port whose far end is the test itself. */
export interface PtyCable {
  /** The path for the program under test. */
  path: string;
  /** Takes `count` bytes as they came, as Latin-1; waits for them. */
  read(count: number): Promise<string>;
  write(text: string): void;
  /** Pulls the cable: the port vanishes. */
  unplug(): Promise<void>;
}

/** A pseudo terminal in `folder` made by socat; the same folder gives the same path again. */
export async function ptyCable(folder: string): Promise<PtyCable> {
  const path = join(folder, 'port');
  const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, 'stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = once(socat, 'exit');
  let text = '';
  let arrived = Promise.withResolvers<void>();
  socat.stdout.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  while (!existsSync(path)) await pause(10);
  return {
    path,
    async read(count) {
      while (text.length < count) await arrived.promise;
      const taken = text.slice(0, count);
      text = text.slice(count);
      return taken;
    },
    write: (sent) => void socat.stdin.write(sent, 'latin1'),
    async unplug() {
      socat.kill();
      await ended;
    },
  };
}
