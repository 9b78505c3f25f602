import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { AdapterHost } from './adapter-host.ts';

/** Starts a program that outlives it, says its pid, and ends. */
const LEAVES_ONE = `
import { spawn } from 'node:child_process';
const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: ['ignore', 'ignore', 'inherit'] });
process.stderr.write(String(pid), () => process.exit(7));
`;

function entryOf(t: Test, code: string): URL {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-host-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, 'index.mjs');
  writeFileSync(entry, code);
  return pathToFileURL(entry);
}

t.test('a process that ended is noticed, though a program that it started holds its stderr', async (t) => {
  const down = Promise.withResolvers<string>();
  const host = new AdapterHost({
    name: 'leaky',
    entry: entryOf(t, LEAVES_ONE),
    onUp: () => {},
    onDown: ({ message }) => down.resolve(message),
    onMessage: () => {},
    maxFailures: 1,
  });
  const message = await down.promise;
  const [, pid] = /ended with code 7; (\d+);/.exec(message) ?? [];
  t.ok(pid, message);
  process.kill(Number(pid), 'SIGKILL');
  await host.stop();
});

/** Hangs for ever, without computing, as soon as it is told something. */
const HANGS = `
export const adapter = { list: async () => [], open: async () => {} };
process.on('message', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
`;

t.test(
  'a process that hangs is ended soon and another begun; what waits for it is bounded, and refused then',
  async (t) => {
    const { promise: again, resolve: upAgain } = Promise.withResolvers<void>();
    const downs: string[] = [];
    const refused: Promise<string>[] = [];
    const set = () => host.set({ instance: 'acme:box:one', parameter: 0, index: 0, value: 1 });
    const host = new AdapterHost({
      name: 'hanging',
      entry: entryOf(t, HANGS),
      onUp: () => {
        if (downs.length) return upAgain();
        for (let i = 0; i <= 10_000; i++)
          refused.push(
            set().then(
              () => 'set',
              ({ message }: Error) => message,
            ),
          );
      },
      onDown: ({ message }) => void downs.push(message),
      onMessage: () => {},
      backOffMs: 1,
    });
    await again;
    await host.stop();
    t.match(downs, [/^Adapter hanging: ended by SIGKILL; said nothing for [\d.]+ s; is started again$/]);
    const causes = await Promise.all(refused);
    t.match(causes.pop(), /10000 values wait for it/);
    t.same(new Set(causes), new Set(downs), 'all others when it ended');
  },
);
