import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LoadedTask, loadPlugin, Registry, TaskRenderer } from '@audiocloud/engine';
import { ProbePackages } from '../probe/probe-packages.ts';
import { stockRegistry } from '../peers/ours.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/*
 * A plugin of 100 KiB: from its file until an instance of it has rendered its first block with optimised code; and the
 * same file once more, which the process has compiled before. Every turn has another constant in its code, or the engine,
 * and V8 itself, would know it already.
 */
const BYTES = 100 * 1024;
const BODIES = 89;
const COMMAND_PLAY = 2;

/** Changes the first constant of the first large function; every turn thus has a module of its own. */
function vary(module: Buffer, turn: number): Buffer {
  const first = Buffer.from([0x43, 0, 0, 0, 0x3f]); // f32.const 0.5
  const at = module.indexOf(first);
  if (at < 0) throw new Error('activation: the constant to vary is not in the module');
  const varied = Buffer.from(module);
  varied.writeFloatLE(0.5 + turn / 1024, at + 1);
  return varied;
}

async function run(bench: Bench): Promise<Row[]> {
  const packages = new ProbePackages();
  try {
    bench.say('activation: writing a plugin of 100 KiB');
    const folder = packages.write('large', { id: 'probe:large', kernel: 'large', bodies: BODIES });
    const file = join(folder, 'plugin.wasm');
    const module = readFileSync(file);
    if (Math.abs(module.length - BYTES) > BYTES * 0.03)
      throw new Error(`activation: the plugin has ${module.length} bytes, wanted about ${BYTES}`);
    stockRegistry(); // an engine has loaded these before it loads a plugin of somebody
    const active: number[] = [];
    const again: number[] = [];
    const first: number[] = [];
    for (let turn = 0; turn < (bench.quick ? 4 : 15); turn++) {
      bench.say(`activation: turn ${turn + 1}`);
      writeFileSync(file, vary(module, turn));
      const begun = performance.now();
      const registry = Registry.open([folder]);
      const { task, renderer } = play(registry);
      renderer.render(128, []);
      active.push(performance.now() - begun);
      first.push(timeOf(renderer, 20) / timeAfterWarming(renderer));
      task.dispose();
      const from = performance.now();
      loadPlugin(folder);
      again.push(performance.now() - from);
    }
    const swaps = swapTimes(bench, folder, file, module);
    return [
      row({
        id: 'activation/file',
        name: `plugin of ${Math.round(module.length / 1024)} KiB: from file to its first block`,
        unit: 'ms',
        value: median(active.slice(1)), // the first turn also compiles the code of the loader itself
        goal: 80,
      }),
      row({ id: 'activation/again', name: 'the same file again', unit: 'ms', value: median(again.slice(1)), goal: 1 }),
      row({
        id: 'activation/swap',
        name: 'another version of it in the place of one that plays, with its state',
        unit: 'ms',
        value: median(swaps.slice(1)),
        goal: 80,
        note: 'from the changed file to the first block of the crossfade; sound goes on meanwhile',
      }),
      row({
        id: 'activation/first-blocks',
        name: 'its first 20 blocks by blocks after 10,000 others',
        unit: 'ratio',
        value: median(first.slice(1)),
        goal: 1.2,
        note: 'code that is not optimised is 1.2 to 5 times slower; the goal says that no live block runs such code',
      }),
    ];
  } finally {
    packages.remove();
  }
}

/** A version after the other is put into a task that plays: from the changed file until the plan with it has rendered a block. */
function swapTimes(bench: Bench, folder: string, file: string, module: Buffer): number[] {
  writeFileSync(file, vary(module, 500));
  let registry = Registry.open([folder]);
  const { task, renderer } = play(registry);
  renderer.render(128, []);
  const times: number[] = [];
  for (let turn = 0; turn < (bench.quick ? 3 : 15); turn++) {
    bench.say(`activation: swap ${turn + 1}`);
    writeFileSync(file, vary(module, 501 + turn));
    const begun = performance.now();
    registry = Registry.open([folder], registry);
    const image = task.adopt(registry);
    if (!image) throw new Error('activation: the engine did not see that the plugin is another one');
    renderer.update(image);
    renderer.render(128, []);
    times.push(performance.now() - begun);
    for (let block = 0; block < 400; block++) renderer.render(128, []); // until the old one has faded out
    const settled = task.settle();
    if (settled) renderer.update(settled);
  }
  task.dispose();
  return times;
}

function play(registry: Registry): { task: LoadedTask; renderer: TaskRenderer } {
  const graph = {
    sampleRate: 48000,
    instances: { x: { model: 'probe:large' } },
    connections: { c: { from: { node: 'x' }, to: { node: 'main' } } },
    sinks: { main: { kind: 'stream' as const, channels: 1 } },
  };
  const task = LoadedTask.load({ id: 'bench', graph, media: {}, registry, maxFrames: 128 });
  task.shared.give({ kind: COMMAND_PLAY, value: 0, a: 1 });
  return { task, renderer: new TaskRenderer(task.image) };
}

/** Median time of a block. */
function timeOf(renderer: TaskRenderer, blocks: number): number {
  return median(
    Array.from({ length: blocks }, () => {
      const begun = performance.now();
      renderer.render(128, []);
      return performance.now() - begun;
    }),
  );
}

function timeAfterWarming(renderer: TaskRenderer): number {
  for (let block = 0; block < 10_000; block++) renderer.render(128, []);
  return timeOf(renderer, 20);
}

export const activation: Workload = {
  id: 'activation',
  name: 'from the file of a plugin to its sound',
  about:
    'A plugin of 100 KiB in a running process: read, checked, rewritten, compiled with the optimising compiler, instance made, first block rendered. Then the same file again, from what the process keeps, and other versions of it put into a task that plays.',
  run,
};
