import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { CheckContext } from './check-context.ts';
import { loadPlugin } from './load-plugin.ts';
import { PluginMemory } from './plugin-memory.ts';

/*
 * Modules that were built with the ABI 1.0 and are never built again: they load and sound the same for ever, whatever
 * becomes of host, rewriter and SDK. What they gave when they were made stands in sounds.json: SHA-256 of the samples of
 * every channel, and the state. The inputs below are theirs, too: they must not change.
 */
const GOLDEN = fileURLToPath(new URL('./fixtures/golden-1.0/', import.meta.url));
const FRAMES = 6000;
/** Random values but for these: a delay that is longer than the sound would be silent. */
const VALUES: Record<string, Record<string, number>> = { 'audiocloud:delay': { delay: 1234 } };

interface Sound {
  latencyFrames: number;
  tailFrames: number;
  /** SHA-256 of the little-endian f32 samples of each channel. */
  outputs: string[];
  reports: Record<string, number[]>;
  /** Base64. */
  state: string;
}

/** What every model of a golden package gives. */
function soundsOf(name: string): Record<string, Sound> {
  const plugin = loadPlugin(`${GOLDEN}${name}`);
  return Object.fromEntries(
    plugin.models.map((model) => {
      const context = new CheckContext(plugin, model, 1);
      const parameters = { ...context.randomParameters(1), ...VALUES[model.id] };
      const probe = context.probe({ maxFrames: 128, parameters });
      const events = context.randomEvents(context.random(2), 10, FRAMES);
      const options = { frames: FRAMES, block: [128, 37, 1, 128], events };
      const { outputs, reports } = probe.render(context.noise(probe, FRAMES), options);
      const sound: Sound = {
        latencyFrames: probe.latencyFrames,
        tailFrames: probe.tailFrames,
        outputs: outputs.map((samples) => createHash('sha256').update(samples).digest('base64')),
        reports,
        state: Buffer.from(probe.saveState()).toString('base64'),
      };
      return [model.id, sound];
    }),
  );
}

for (const name of ['stock', 'c-tremolo'])
  t.test(`${name}, built with ABI 1.0, loads and gives the same samples for ever`, async (t) => {
    const path = `${GOLDEN}${name}/sounds.json`;
    const found = soundsOf(name);
    // only when a golden one is added
    if (process.env['AUDIOCLOUD_GOLDEN']) writeFileSync(path, `${JSON.stringify(found, null, 1)}\n`);
    const wanted = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Sound>;
    t.ok(Object.keys(wanted).length > 0);
    t.strictSame(found, wanted);
    const plugin = loadPlugin(`${GOLDEN}${name}`);
    const memory = new PluginMemory(plugin);
    for (const [index, { id }] of plugin.models.entries()) {
      const layout = memory.create(index);
      const state = Buffer.from(wanted[id]!.state, 'base64');
      memory.stateLoad(layout, state);
      t.ok(state.equals(memory.stateSave(layout)), `${id}: its state of then is taken and saved again`);
    }
  });

t.test('a module of a future ABI is refused with one clear sentence', async (t) => {
  const golden = readFileSync(`${GOLDEN}c-tremolo/plugin.wasm`);
  const manifest = JSON.parse(readFileSync(`${GOLDEN}c-tremolo/audiocloud.json`, 'utf8'));
  // its function ac_abi: no locals, i32.const 0x10000, end
  const at = golden.indexOf(Buffer.from([6, 0, 0x41, 0x80, 0x80, 0x04, 0x0b]));
  t.ok(at > 0);
  const messageOf = (name: string, abi: readonly number[], patch: object = {}) => {
    const module = Buffer.from(golden);
    module.set(abi, at + 3);
    const folder = t.testdir({
      [name]: { 'audiocloud.json': JSON.stringify({ ...manifest, integrity: undefined, ...patch }) },
    });
    writeFileSync(`${folder}/${name}/plugin.wasm`, module);
    try {
      return `loaded ${loadPlugin(`${folder}/${name}`).name}`;
    } catch (error) {
      const { code, message } = error as AudioCloudError;
      return `${code}: ${message.replaceAll(folder, '')}`;
    }
  };
  t.equal(messageOf('same', [0x80, 0x80, 0x04]), 'loaded same');
  t.equal(
    messageOf('major', [0x80, 0x80, 0x08]),
    'PLUGIN_ABI: Load plugin /major: Load major: it speaks plugin ABI 2.0, this engine 1.0; build it for 1.0',
  );
  t.equal(
    messageOf('manifest', [0x80, 0x80, 0x04], { abi: '2.0' }),
    'PLUGIN_ABI: Load plugin /manifest: it is for plugin ABI 2.0, this engine speaks 1.0',
    'by its manifest, unread',
  );
  t.equal(
    messageOf('minor', [0x81, 0x80, 0x04]),
    'PLUGIN_ABI: Load plugin /minor: Load minor: it speaks plugin ABI 1.1, this engine 1.0; build it for 1.0',
    'a newer minor version may want what is not here',
  );
});
