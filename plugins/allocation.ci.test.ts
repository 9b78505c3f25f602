import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Model, Parameter } from '@audiocloud/api';
import t from 'tap';
import { EVENT, EVENT_ALL, EVENT_TYPE, LAYOUT, RAMP_EVENT_SIZE } from '../engine/plugin/layout.ts';
import { seededRandom } from '../engine/plugin/seeded-random.ts';
import { compile } from '../scripts/build-wasm.ts';
import { stockPlugin } from './testing/stock.ts';

/*
 * The stock module in its `count` target, as it is: without the engine's rewriting, control and render code share the
 * counter. Nothing of the engine runs here; the other half, its own loop, is counted in test/allocation.ci.test.ts.
 */
interface CountedExports {
  memory: WebAssembly.Memory;
  ac_allocations(): number;
  ac_create(model: number, seed: bigint): number;
  ac_activate(layout: number, sampleRate: number, maxFrames: number): number;
  ac_reset(layout: number): void;
  ac_process(layout: number, frames: number): number;
  ac_process_many(list: number, count: number, frames: number): void;
  ac_alloc(bytes: number): number;
}

const FRAMES = 128;
const BLOCKS = 400;
const SEED = 4711;
const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(t.testdir(), 'count.wasm');
await compile(['plugins/index.as.ts', 'dsp/count.as.ts'], relative(root, out), 'count');
const { models } = await stockPlugin();
const module = new WebAssembly.Module(readFileSync(out));

function start(): CountedExports {
  const nothing = () => {};
  const imports = { env: { abort: nothing }, ac: { log: nothing } };
  return new WebAssembly.Instance(module, imports).exports as unknown as CountedExports;
}

/** A value inside the range of a parameter, as a number. */
function someValue({ range }: Parameter, random: () => number): number {
  if (range.kind === 'toggle') return Math.floor(random() * 2);
  if (range.kind === 'list') return Math.floor(random() * range.values.length);
  return range.min + random() * (range.max - range.min);
}

/** Every parameter of the model as a step or a ramp, at rising frames of the block, for one or for all of its values. */
function writeEvents(memory: WebAssembly.Memory, layout: number, model: Model, random: () => number): void {
  const words = new DataView(memory.buffer);
  const events = words.getUint32(layout + LAYOUT.events, true);
  let at = events;
  model.parameters.forEach((parameter, id) => {
    words.setUint32(at + EVENT.frame, Math.floor((id * FRAMES) / model.parameters.length), true);
    words.setUint16(at + EVENT.type, random() < 0.5 ? EVENT_TYPE.parameter : EVENT_TYPE.ramp, true);
    words.setUint16(at + EVENT.size, RAMP_EVENT_SIZE, true);
    words.setUint32(at + EVENT.id, id, true);
    words.setUint32(at + EVENT.aux, random() < 0.5 ? EVENT_ALL : 0, true);
    words.setFloat64(at + EVENT.value, someValue(parameter, random), true);
    words.setUint32(at + EVENT.rampFrames, Math.floor(random() * 500), true);
    at += RAMP_EVENT_SIZE;
  });
  words.setUint32(layout + LAYOUT.eventCount, model.parameters.length, true);
}

/** Noise in every input channel; now and then silence. */
function writeInputs(memory: WebAssembly.Memory, layout: number, random: () => number): void {
  const words = new Uint32Array(memory.buffer);
  const floats = new Float32Array(memory.buffer);
  const word = (offset: number) => words[(layout + offset) >>> 2]!;
  let channels = 0;
  for (let p = 0; p < word(LAYOUT.inputPorts); p++) channels += words[(word(LAYOUT.inputWidths) >>> 2) + p]!;
  const isSilent = random() < 0.2;
  for (let c = 0; c < channels; c++) {
    const channel = words[(word(LAYOUT.inputs) >>> 2) + c]! >>> 2;
    for (let i = 0; i < FRAMES; i++) floats[channel + i] = isSilent ? 0 : random() * 2 - 1;
  }
}

t.test('the counter counts', async (t) => {
  const plugin = start();
  const before = plugin.ac_allocations();
  plugin.ac_alloc(64);
  t.equal(plugin.ac_allocations(), before + 1);
});

for (const [index, model] of models.entries())
  t.test(`${model.id}: no allocation while it renders, with every parameter moving`, async (t) => {
    const random = seededRandom(SEED + index);
    const plugin = start();
    const list = plugin.ac_alloc(16);
    const layouts = [1n, 2n, 3n].map((seed) => plugin.ac_create(index, seed));
    const created = plugin.ac_allocations();
    for (const layout of layouts) t.equal(plugin.ac_activate(layout, 48000, FRAMES), 0);
    const active = plugin.ac_allocations();
    t.ok(active > created, 'activate does allocate, and is counted');
    const pages = plugin.memory.buffer.byteLength;
    new Uint32Array(plugin.memory.buffer).set(layouts, list >>> 2);
    const statuses = new Set<number>();
    for (let block = 0; block < BLOCKS; block++) {
      for (const layout of layouts) {
        writeInputs(plugin.memory, layout, random);
        if (random() < 0.7) writeEvents(plugin.memory, layout, model, random);
      }
      const frames = 1 + Math.floor(random() * FRAMES);
      if (block % 2) plugin.ac_process_many(list, layouts.length, FRAMES);
      else for (const layout of layouts) statuses.add(plugin.ac_process(layout, block % 8 ? FRAMES : frames));
      if (block % 100 === 99) for (const layout of layouts) plugin.ac_reset(layout);
    }
    t.equal(plugin.ac_allocations(), active, `seed ${SEED + index}`);
    t.equal(plugin.memory.buffer.byteLength, pages, 'nor does the memory grow');
    t.ok(statuses.size > 0 && !statuses.has(0), `it rendered: ${[...statuses]}`);
  });
