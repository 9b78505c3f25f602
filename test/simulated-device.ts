import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PortPattern, Setting } from '@audiocloud/api';
import type { Test } from 'tap';

const COMMAND = join(import.meta.dirname, '../cli/audiocloud.js');
const DEVICES = join(import.meta.dirname, '../plugins/devices');

type Line = Record<string, unknown> & { event: string };

/** `audiocloud device simulate` of a stock device, as a process of its own: what it prints, and orders to it. */
export interface SimulatedDeviceCommand {
  /** What a rack has to say to reach it. */
  rack: { port: PortPattern; settings?: Record<string, Setting> };
  /** The next so many bytes that it received, in hexadecimal; waits for them. */
  read(bytes: number): Promise<string>;
  /** All that it received, in hexadecimal, and when, in ms of performance.now. */
  received: readonly { hex: string; atMs: number }[];
  /** The first line from now on, or among those that nobody took, that is wanted. */
  line(event: string, wanted?: (line: Line) => boolean): Promise<Line>;
  order(text: string): void;
  /** Asks it to quit, or ends it by a signal. Resolves with its exit code. */
  quit(signal?: 'SIGTERM' | 'SIGINT'): Promise<number | null>;
}

export async function simulatedDevice(t: Test, name: string, ...args: string[]): Promise<SimulatedDeviceCommand> {
  const child = spawn(process.execPath, [COMMAND, 'device', 'simulate', join(DEVICES, name), '--json', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  t.teardown(async () => {
    child.kill();
    await ended;
  });
  const received: { hex: string; atMs: number }[] = [];
  let unread = '';
  let lines: Line[] = [];
  let arrived = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    if (line.event === 'received') {
      const hex = String(line['hex']);
      received.push({ hex, atMs: performance.now() });
      unread += hex;
    } else if (line.event !== 'sent') lines.push(line);
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  const line = async (event: string, wanted: (line: Line) => boolean = () => true): Promise<Line> => {
    for (;;) {
      const at = lines.findIndex((one) => one.event === event && wanted(one));
      const found = lines[at];
      if (!found) {
        await arrived.promise;
        continue;
      }
      lines = lines.slice(at + 1);
      return found;
    }
  };
  const { rack } = (await line('plugged')) as unknown as { rack: SimulatedDeviceCommand['rack'] };
  return {
    rack,
    received,
    line,
    async read(bytes) {
      while (unread.length < 2 * bytes) await arrived.promise;
      const taken = unread.slice(0, 2 * bytes);
      unread = unread.slice(2 * bytes);
      return taken;
    },
    order: (text) => void child.stdin.write(`${text}\n`),
    async quit(signal) {
      if (signal) child.kill(signal);
      else child.stdin.write('quit\n');
      const [code] = await ended;
      return code;
    },
  };
}
