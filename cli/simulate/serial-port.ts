import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { AudioCloudError } from '@audiocloud/api';
import type { VirtualPort, VirtualPortWanted } from './virtual-port.ts';

const LOOK_MS = 10;
const PATIENCE_MS = 5000;

const refuse = (why: string): never => {
  throw new AudioCloudError('ADAPTER_FAILED', `Cannot make a serial port: ${why}`);
};

/** A serial port on a pseudo terminal, which the program socat makes. It takes any speed and keeps to none. */
export async function openSerial({ link, onData, onLost }: VirtualPortWanted): Promise<VirtualPort> {
  const path = resolve(link);
  if (existsSync(path)) refuse(`${path} is there already; name another place with --link`);
  const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, 'stdio'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let why = '';
  socat.stderr.setEncoding('utf8').on('data', (text: string) => {
    why = text.trim().split('\n').at(-1)!;
  });
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    socat.on('error', () => {
      why = 'the program socat is not installed (Debian: apt install socat)';
      isOver = true;
      resolve();
    });
    socat.on('exit', () => {
      isOver = true;
      resolve();
    });
  });
  for (let waited = 0; !existsSync(path); waited += LOOK_MS) {
    if (isOver) refuse(why || 'socat ended');
    if (waited > PATIENCE_MS) {
      socat.kill();
      refuse(`socat made none at ${path} in ${PATIENCE_MS / 1000} s`);
    }
    await pause(LOOK_MS);
  }
  let isClosing = false;
  socat.stdin.on('error', () => {}); // it ended: its exit says so
  socat.stdout.on('data', (bytes: Buffer) => onData(bytes));
  socat.once('exit', () => isClosing || onLost(why || 'socat ended'));
  return {
    rack: { port: { path } },
    send: (bytes) => void socat.stdin.write(bytes),
    async close() {
      isClosing = true;
      if (!isOver) {
        const gone = once(socat, 'exit');
        socat.kill();
        await gone;
      }
      await ended;
    },
  };
}
