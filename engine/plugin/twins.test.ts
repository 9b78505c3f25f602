import { Worker } from 'node:worker_threads';
import { loadPlugin } from './load-plugin.ts';
import t from 'tap';
import { faultyPackage } from './fixtures/faulty-plugin.ts';
import type { Plugin } from './load-plugin.ts';
import { PluginMemory } from './plugin-memory.ts';

const FRAMES = 128;
const BLOCKS = 2000;
const SEED = 7;

/** Renders in a worker over the memory; `meanwhile` runs here until the worker is done. */
function renderInWorker(
  memory: PluginMemory,
  layout: number,
  blocks: number,
  seed: number,
  meanwhile?: (block: number) => void,
) {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(`./fixtures/twin-worker${import.meta.url.slice(-3)}`, import.meta.url), {
    workerData: {
      module: memory.plugin.module.render,
      memory: memory.memory,
      stack: memory.newStack(),
      layout,
      blocks,
      frames: FRAMES,
      seed,
      turn,
    },
  });
  return new Promise<Int32Array>((resolve, reject) => {
    let done = false;
    let last = 0;
    worker.once('error', reject);
    worker.once('message', (hashes: Int32Array) => {
      done = true;
      resolve(hashes);
    });
    const step = () => {
      if (done) return;
      try {
        const block = Atomics.load(turn, 0);
        if (block > last) meanwhile?.(block);
        last = block;
        setImmediate(step);
      } catch (error) {
        reject(error as Error);
      }
    };
    if (meanwhile) step();
  });
}

function activeInstance(plugin: Plugin): { memory: PluginMemory; layout: number } {
  const memory = new PluginMemory(plugin);
  const layout = memory.create(0, 1n);
  memory.activate(layout, 48000, FRAMES);
  return { memory, layout };
}

async function proves(t: Tap, plugin: Plugin): Promise<void> {
  const alone = activeInstance(plugin);
  const expected = await renderInWorker(alone.memory, alone.layout, BLOCKS, SEED);
  t.ok(new Set(expected).size > BLOCKS / 2, 'the blocks differ from each other');

  const busy = activeInstance(plugin);
  const bytesBefore = busy.memory.memory.buffer.byteLength;
  let made = 0;
  let during = 0;
  const live: number[] = [];
  const found = await renderInWorker(busy.memory, busy.layout, BLOCKS, SEED, (block) => {
    const layout = busy.memory.create(0, BigInt(made));
    busy.memory.activate(layout, 96000, 4096);
    busy.memory.stateSave(layout);
    live.push(layout);
    made++;
    if (block < BLOCKS) during++;
    if (live.length > 40) {
      const oldest = live.shift()!;
      busy.memory.deactivate(oldest);
      busy.memory.destroy(oldest);
    }
  });
  t.strictSame(found, expected, `bit-identical while ${made} instances came, ${during} of them during the blocks`);
  t.ok(during > 0);
  t.ok(busy.memory.memory.buffer.byteLength > bytesBefore, 'and the memory grew');

  const moved = activeInstance(plugin);
  const reference = activeInstance(plugin);
  for (let part = 0; part < 3; part++)
    t.strictSame(
      await renderInWorker(moved.memory, moved.layout, 200, part),
      await renderInWorker(reference.memory, reference.layout, 200, part),
      `worker ${part} goes on where the last one ended`,
    );
}
type Tap = typeof t;

// Compiled before the first plugin is loaded: from then on V8 compiles WebAssembly with its optimising compiler only
// (optimise.ts), which takes half a minute for the AssemblyScript compiler.
const { folder, remove } = await faultyPackage('NONE');

t.test('C: control work on one thread, rendering on another', async (t) => {
  await proves(t as unknown as Tap, loadPlugin(new URL('../../examples/plugins/c-tremolo', import.meta.url).pathname));
});

t.test('AssemblyScript: control work on one thread, rendering on another', async (t) => {
  t.teardown(remove);
  await proves(t as unknown as Tap, loadPlugin(folder));
});
