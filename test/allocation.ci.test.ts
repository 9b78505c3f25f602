import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ENTRY = fileURLToPath(new URL('./testing/allocation-process.ts', import.meta.url));
const BLOCKS = 5000;
/** What reading the statistics of the heap allocates itself; the smallest object, a number in a box, has 16 bytes. */
const OWN_BYTES = 8192;

interface Counted {
  bytes: number;
  blocks: number;
  collections: number;
  streamFrame: number;
  /** Blocks that waited for the disk; undefined: nothing is on it. */
  gaps?: { underruns: number; seekWaits: number };
}

/** Bytes that appeared in the young generation of a process that renders the example, with `extra` in each block. */
async function count(extra: string): Promise<Counted> {
  // a young generation that is never collected while it counts
  const execArgv = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
  const child = fork(ENTRY, [String(BLOCKS), extra], { execArgv });
  const ended = once(child, 'close');
  const [counted] = (await Promise.race([
    once(child, 'message'),
    ended.then(([code]) => {
      throw new Error(`the process ended with ${code}`);
    }),
  ])) as [Counted];
  await ended;
  if (counted.blocks !== BLOCKS || counted.streamFrame < BLOCKS * 128) throw new Error('it did not play');
  return counted;
}

for (const extra of ['nothing', 'automation', 'restarts', 'listener'])
  t.test(`the render loop allocates nothing: the example and a plugin in C, ${extra} besides`, async (t) => {
    const { bytes, collections } = await count(extra);
    t.equal(collections, 0, 'nothing was collected while it counted');
    t.ok(bytes < OWN_BYTES, `${bytes} bytes in ${BLOCKS} blocks`);
  });

t.test('the render loop allocates nothing: the example, from the disk', async (t) => {
  const { bytes, collections, gaps } = await count('disk');
  t.equal(collections, 0, 'nothing was collected while it counted');
  t.ok(bytes < OWN_BYTES, `${bytes} bytes in ${BLOCKS} blocks`);
  t.same(gaps, { underruns: 0, seekWaits: 0 }, 'it was heard');
});

for (const [extra, leastBytes] of [
  ['number', 16],
  ['object', 24],
] as const)
  t.test(`one ${extra} in each block is found out`, async (t) => {
    const { bytes, collections } = await count(extra);
    t.equal(collections, 0);
    t.ok(bytes >= BLOCKS * leastBytes, `${bytes} bytes in ${BLOCKS} blocks`);
  });
