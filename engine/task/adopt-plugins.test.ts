import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '@audiocloud/api';
import t from 'tap';
import { audio, DrivenTask, RATE } from '../../test/driven-task.ts';
import { watPackage } from '../plugin/fixtures/wat-package.ts';
import { assemble, watModel, watPlugin } from '../plugin/fixtures/wat-plugin.ts';
import { PluginMemory } from '../plugin/plugin-memory.ts';
import { Registry } from '../registry/registry.ts';

/*
 * Two versions of a plugin. Both keep the parameter `level` at 112 and a word that only their state carries at 116: the
 * first makes it 7 and gives its input times the level, the second takes it from the state and gives input * level * word.
 */
const MORE = `(func $scale (param $at i32) (param $frames i32) (param $by f32) (result i32) (local $i i32)
  (loop $next
    (f32.store (i32.add (i32.load offset=108 (local.get $at)) (i32.shl (local.get $i) (i32.const 2)))
      (f32.mul (local.get $by)
        (f32.load (i32.add (i32.load offset=104 (local.get $at)) (i32.shl (local.get $i) (i32.const 2))))))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $frames))))
  (i32.store offset=48 (local.get $at) (i32.const 0))
  (i32.const 1))`;
const level = '(f32.load offset=112 (local.get $at))';
const parameter = '(f32.store offset=112 (local.get $at) (f32.demote_f64 (local.get 3)))';
const process = (by: string) => `(return (call $scale (local.get $at) (local.get $frames) ${by}))`;
const FIRST = {
  more: MORE,
  start: {
    ac_parameter: parameter,
    ac_activate: '(i32.store offset=116 (local.get $at) (i32.const 7))',
    ac_process: process(level),
    ac_state_save: '(i32.store offset=120 (local.get $at) (i32.load offset=116 (local.get $at)))',
  },
};
const SECOND = {
  more: MORE,
  start: {
    ac_parameter: parameter,
    ac_process: process(`(f32.mul ${level} (f32.convert_i32_u (i32.load offset=116 (local.get $at))))`),
    ac_state_load: '(i32.store offset=116 (local.get $at) (i32.load offset=120 (local.get $at)))',
  },
};
const models = [
  {
    ...watModel,
    parameters: [
      { id: 'level', name: 'Level', unit: 'none', range: { kind: 'continuous', min: 0, max: 1 }, default: 1 },
    ],
  },
];

const ones = audio(new Float32Array(RATE * 20).fill(1));
const graph: Task = {
  sampleRate: RATE,
  media: { ones: { path: 'ones' } },
  tracks: { track: { channels: 1, clips: [{ media: 'ones', startSeconds: 0 }] } },
  instances: { one: { model: watModel.id, parameters: { level: 0.5 } } },
  buses: { bus: { inputChannels: 1 } },
  connections: {
    a: { from: { node: 'track' }, to: { node: 'one' } },
    b: { from: { node: 'one' }, to: { node: 'bus' } },
    c: { from: { node: 'bus' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
};

const playing = (registry: Registry) => {
  const driven = new DrivenTask(graph, { registry, media: { ones } });
  driven.play();
  driven.render(20);
  return driven;
};

const memories = (driven: DrivenTask) => driven.task.image.memories.filter(({ module }) => module !== null).length;

t.test('a plugin that changed is replaced with its state, crossfaded, and its memory is given up', async (t) => {
  const folder = watPackage(t, FIRST, { manifest: { models } });
  let registry = Registry.open([folder]);
  const driven = playing(registry);
  // this plugin does not look at events: what was set later shows in the one that replaces it
  await driven.task.changes.set([{ instance: 'one', parameter: 'level', value: 0.25 }], 0);
  driven.render(10);
  t.equal(driven.render(1)[0]!.at(-1), 0.5, 'the first version');

  t.equal(driven.task.adopt(Registry.open([folder], registry)), undefined, 'nothing has changed: nothing is replaced');
  for (let turn = 0; turn < 4; turn++) {
    const [from, to, version] = turn % 2 === 0 ? [turn === 0 ? 0.5 : 0.25, 1.75, SECOND] : [1.75, 0.25, FIRST];
    writeFileSync(join(folder, 'plugin.wasm'), assemble(watPlugin(version)));
    registry = Registry.open([folder], registry);
    const image = driven.task.adopt(registry);
    t.ok(image, 'it is replaced');
    driven.renderer.update(image!);
    const sound = driven.render(40)[0]!;
    t.equal(sound[0], from, 'begins with the old one');
    t.equal(sound.at(-1), to, 'ends with the new one: its level and the word of its state are there');
    let step = 0;
    for (let i = 1; i < sound.length; i++) step = Math.max(step, Math.abs(sound[i]! - sound[i - 1]!));
    t.ok(step < 0.02, `no step: at most ${step}`);
    for (let i = 0; i < 20; i++) {
      driven.settle();
      driven.render(4);
    }
    driven.settle();
  }
  t.ok(memories(driven) <= 2, `memories do not pile up: ${memories(driven)}`);
  driven.task.dispose();
});

t.test('what cannot be replaced goes on as it is', async (t) => {
  const folder = watPackage(t, FIRST, { manifest: { models } });
  const registry = Registry.open([folder]);
  const driven = playing(registry);
  const heard = () => driven.render(10)[0]!.at(-1);

  writeFileSync(join(folder, 'plugin.wasm'), new Uint8Array(10));
  const broken = Registry.open([folder], registry);
  t.match(broken.refused, [{ code: 'PLUGIN_RULES' }]);
  t.equal(driven.task.adopt(broken), undefined, 'a package that is refused now');
  t.equal(heard(), 0.5);
  const gone = Registry.open([]);
  t.equal(driven.task.adopt(gone), undefined, 'a package that is gone');
  driven.renderer.update(
    driven.task.edit(2, [{ op: 'put', part: 'sinks', name: 'two', value: graph.sinks!['main']! }]),
  );
  t.equal(heard(), 0.5, 'and edits go on');

  writeFileSync(
    join(folder, 'plugin.wasm'),
    assemble(watPlugin({ ...SECOND, start: { ac_create: '(return (i32.const -1))' } })),
  );
  t.throws(() => driven.task.adopt(Registry.open([folder], registry)), { code: 'INSTANCE_FAILED', message: /'one'/ });
  t.equal(heard(), 0.5, 'a version that makes no instance');
  const other = [{ ...models[0]!, parameters: [] }];
  writeFileSync(
    join(folder, 'audiocloud.json'),
    JSON.stringify({ kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models: other }),
  );
  writeFileSync(join(folder, 'plugin.wasm'), assemble(watPlugin(SECOND)));
  t.throws(() => driven.task.adopt(Registry.open([folder], registry)), { code: 'PARAMETER_UNKNOWN', message: /level/ });
  t.equal(heard(), 0.5, 'a version without a parameter that the task sets');
  driven.task.dispose();
});

t.test('several versions of a package stand side by side', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'audiocloud-versions-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const module = assemble(watPlugin(FIRST));
  const add = (folder: string, version: string, name = 'one') => {
    const at = join(root, folder);
    mkdirSync(at);
    writeFileSync(join(at, 'package.json'), JSON.stringify({ name, version }));
    writeFileSync(join(at, 'plugin.wasm'), module);
    const manifest = { kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models: [{ ...watModel, version }] };
    writeFileSync(join(at, 'audiocloud.json'), JSON.stringify(manifest));
  };
  add('a', '1.9.0');
  add('b', '1.10.0');
  add('c', '9.0.0', 'a stranger');
  const registry = Registry.open([root]);
  t.equal(registry.find(watModel.id).model.version, '1.10.0', 'the newest of the package that came first');
  for (const version of ['1.9.0', '1.10.0', '9.0.0'])
    t.equal(registry.find(`${watModel.id}@${version}`).model.version, version);
  t.equal(registry.models.find(({ id }) => id === watModel.id)?.version, '1.10.0', 'it stands first in the list');
  t.ok(new PluginMemory(registry.find(watModel.id).plugin!));

  writeFileSync(
    join(root, 'installed.json'),
    JSON.stringify({ packages: [{ name: 'one', version: '1.9.0', kind: 'wasm', folder: 'a' }] }),
  );
  t.equal(Registry.open([root]).models.length, 1, 'where there is a list, only what stands in it is loaded');
  for (const [bad, code] of [
    ['{', 'PLUGIN_MANIFEST'],
    [JSON.stringify({ packages: [{ name: 'x', version: '1', kind: 'wasm', folder: 'a/../../b' }] }), 'PLUGIN_MANIFEST'],
  ] as const) {
    writeFileSync(join(root, 'installed.json'), bad);
    t.match(Registry.open([root]).refused, [{ code }]);
  }
});
