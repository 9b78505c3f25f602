import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { compileFaulty } from './fixtures/faulty-plugin.ts';
import {
  harmfulModules,
  hasWasmOpt,
  type HostileModule,
  HostileModules,
  translatedToFuzz,
} from './fixtures/hostile-module.ts';
import { allocateAudio } from '../media/audio-data.ts';
import { watModel } from './fixtures/wat-plugin.ts';
import { LAYOUT } from './layout.ts';
import { loadPlugin } from './load-plugin.ts';
import { PluginMemory } from './plugin-memory.ts';
import { RenderTwin } from './render-twin.ts';

/*
 * What hostile modules get: each is refused or contained with a named error, and the process lives on with the memory
 * that it had. Fewer in test:ci, all 10,000 in `npm run test:long`.
 */
const MODULES = process.env['AUDIOCLOUD_LONG'] ? 10_000 : 1500;
/** Less than engines give: an endless loop ends sooner. */
const CONTROL_FUEL = 2_000_000;
const MAX_FRAMES = 64;
/** RSS that may come on top between a fifth of the modules and all of them: what V8 and malloc keep for later. */
const SLACK_BYTES = 96 << 20;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const golden = readFileSync(fileURLToPath(new URL('./fixtures/golden-1.0/c-tremolo/plugin.wasm', import.meta.url)));
const harmful = harmfulModules();
const hostile = new HostileModules([new Uint8Array(golden), new Uint8Array(await compileFaulty('NONE'))]);
// here: later this process has thousands of memories, and takes seconds to start another one
const fuzz = hasWasmOpt ? translatedToFuzz(200, 1) : [];

const sound = allocateAudio(48000, 1, 100);
/** Names of the errors that hostile modules may end in. */
const NAMED = ['PLUGIN_RULES', 'PLUGIN_ABI', 'INSTANCE_FAILED'];

/** Runs what must not throw anything but a named error; its code, or 'done'. */
function contained(run: () => void): string {
  try {
    run();
    return 'done';
  } catch (error) {
    if (error instanceof AudioCloudError && NAMED.includes(error.code)) return error.code;
    throw error;
  }
}

/** Everything that an engine asks of an instance. Returns how often something was refused, or trapped. */
function exercise(folder: string): number {
  const plugin = loadPlugin(folder);
  const memory = new PluginMemory(plugin, { controlFuel: CONTROL_FUEL });
  const twin = new RenderTwin(plugin.module.render, memory.memory, memory.newStack());
  let bad = 0;
  const ask = (run: () => void) => {
    if (contained(run) !== 'done') bad++;
  };
  const layout = memory.create(0, 1n);
  ask(() => memory.parameter(layout, 0, 0, 0.5));
  if (plugin.module.takesMedia) ask(() => memory.media(layout, 0, memory.lent.take(sound), sound));
  memory.activate(layout, 48000, MAX_FRAMES);
  ask(() => memory.latencyFrames(layout));
  ask(() => memory.tailFrames(layout));
  const list = memory.alloc(16);
  memory.views.u32[list >> 2] = layout;
  for (let block = 0; block < 6; block++) {
    memory.setWord(layout, LAYOUT.eventCount, 0);
    const frames = block % 2 ? 1 : MAX_FRAMES;
    twin.process(layout, frames);
    if (twin.fault) bad++;
    if (plugin.module.hasMany && !twin.processMany(list, 1, frames)) bad++;
    if (memory.overwritten(2).length) bad++; // an engine gives the memory up
  }
  if (!twin.reset(layout)) bad++;
  let state: Uint8Array = Uint8Array.of(1, 0, 0, 0);
  ask(() => {
    state = memory.stateSave(layout);
  });
  ask(() => memory.deactivate(layout));
  ask(() => memory.stateLoad(layout, state));
  // a good plugin refuses it, too
  const inverted = state.map((byte) => 255 - byte);
  contained(() => memory.stateLoad(layout, inverted));
  ask(() => memory.destroy(layout));
  ask(() => memory.free(list));
  return bad;
}

const rss = () => {
  gc();
  gc();
  return process.memoryUsage.rss();
};

t.test(`${MODULES} hostile modules leave the process alive and its memory flat`, async (t) => {
  const folder = t.testdir({
    'audiocloud.json': JSON.stringify({ kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models: [watModel] }),
  });
  const ends = new Map<string, number>();
  const meet = ({ kind, bytes }: HostileModule, name: string) => {
    writeFileSync(join(folder, 'plugin.wasm'), bytes);
    let end: string;
    try {
      end = contained(() => {
        if (exercise(folder) > 0) throw new AudioCloudError('INSTANCE_FAILED', 'contained');
      });
    } catch (error) {
      t.fail(`${name} (${kind}): ${(error as Error).message}`, { stack: (error as Error).stack });
      end = 'not contained';
    }
    ends.set(end, (ends.get(end) ?? 0) + 1);
    return end;
  };
  for (const module of harmful) t.not(meet(module, 'harmful'), 'not contained', module.kind);
  let settled = 0;
  for (let seed = 0; seed < MODULES - harmful.length; seed++) {
    meet(hostile.make(seed), `seed ${seed}`);
    if (seed === Math.floor(MODULES / 5)) settled = rss();
    // modules are given back when the loop has been left
    if (seed % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const grown = rss() - settled;
  t.comment(
    `${[...ends].map(([end, count]) => `${end} ${count}`).join(', ')}; RSS ${settled >> 20} MiB, then ${grown >> 20} more`,
  );
  t.ok(grown < SLACK_BYTES, `RSS grew by ${grown >> 20} MiB`);
  t.ok((ends.get('PLUGIN_RULES') ?? 0) > 0.2 * MODULES, 'many are refused by rule');
  t.ok((ends.get('INSTANCE_FAILED') ?? 0) > 0.03 * MODULES, 'many run, and are contained');
  t.ok((ends.get('done') ?? 0) > 0.02 * MODULES, 'some do no harm');
});

t.test(
  'modules that wasm-opt makes are refused by rule',
  { skip: !hasWasmOpt && 'binaryen is not installed' },
  async (t) => {
    const folder = t.testdir({
      'audiocloud.json': JSON.stringify({ kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models: [watModel] }),
    });
    for (const [i, { bytes }] of fuzz.entries()) {
      writeFileSync(join(folder, 'plugin.wasm'), bytes);
      t.equal(
        contained(() => exercise(folder)),
        'PLUGIN_RULES',
        `module ${i}, ${bytes.length} bytes`,
      );
    }
  },
);
