import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import t from 'tap';
import { watPackage } from '../../engine/plugin/fixtures/wat-package.ts';
import { watModel } from '../../engine/plugin/fixtures/wat-plugin.ts';
import { startTestDomain } from '../testing/test-domain.ts';

/* The same store with a plugin of one version, then with the next one, in which a parameter has another name and unit. */
// it counts its blocks at 116, and keeps the count in its state
const COUNT = '(i32.add (i32.load offset=116 (local.get $at)) (i32.const 1))';
const folder = watPackage(
  t,
  {
    start: {
      ac_process: `(i32.store offset=116 (local.get $at) ${COUNT})`,
      ac_state_save: '(i32.store offset=120 (local.get $at) (i32.load offset=116 (local.get $at)))',
      ac_state_load: '(i32.store offset=116 (local.get $at) (i32.load offset=120 (local.get $at)))',
    },
  },
  { manifest: { models: [{ ...watModel, state: true }] } },
);
const stock = fileURLToPath(new URL('../../plugins', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'upgrade-'));
t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
const options = { dataDir, pluginDirs: [stock, folder] };
const task: Task = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', widths: { out: 1 } },
    one: { model: watModel.id, parameters: { x: 0.25 } },
  },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'one' } },
    b: { from: { node: 'one' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
};

function install(version: string, more: object): void {
  const path = join(folder, 'audiocloud.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...manifest, models: [{ ...watModel, version, ...more }] }));
}

t.test(
  'what a plugin keeps beside its parameters is saved with the task and with presets, and comes back',
  async (t) => {
    const domain = await startTestDomain(t, { ...options, dataDir: join(dataDir, 'state') });
    const saved = async (id: string): Promise<Task> => (await domain.call('GET', `/v1/tasks/${id}/saved`)).body;
    const count = ({ instances }: Task) => Buffer.from(instances!['one']!.state!, 'base64').readUInt32LE(0);
    await domain.create('plays', task);
    t.equal(count(await saved('plays')), 0);
    await domain.call('PATCH', '/v1/tasks/plays/transport', { play: true });
    const live = await domain.live('plays');
    await live.next('meters');
    await domain.call('PATCH', '/v1/tasks/plays/transport', { play: false });
    const before = await saved('plays');
    t.ok(count(before) > 0, `${count(before)} blocks`);
    t.equal(before.instances!['tone']!.state, undefined, 'a model that has nothing of the kind');
    const capture = { task: 'plays', instance: 'one' };
    await domain.call('POST', '/v1/presets', { id: 'count', name: 'Count', capture });
    t.equal((await domain.create('again', before)).status, 201);
    t.equal(count(await saved('again')), count(before), 'a task made from what was saved');
    await domain.create('fresh', task);
    t.equal((await domain.call('POST', '/v1/tasks/fresh/recall', { preset: 'count', instance: 'one' })).status, 200);
    t.equal(count(await saved('fresh')), count(before), 'an instance that a preset was recalled into');
    live.close();
  },
);

t.test(
  'values that were saved with an older version of a model are upgraded once, those of presets when they are recalled',
  async (t) => {
    const first = await startTestDomain(t, options);
    for (const id of ['stands', 'plays']) t.equal((await first.create(id, task)).status, 201);
    await first.call('PATCH', '/v1/tasks/plays/transport', { play: true });
    await first.call('POST', '/v1/presets', { id: 'mine', name: 'Mine', capture: { task: 'stands', instance: 'one' } });
    await first.close();

    const parameters = [
      { id: 'amount', name: 'Amount', unit: '%', range: { kind: 'continuous', min: 0, max: 100 }, default: 0 },
    ];
    const upgrades = [{ to: '2.0.0', rename: { x: 'amount' }, convert: { amount: { multiply: 100 } } }];
    install('2.0.0', { parameters, upgrades });
    const second = await startTestDomain(t, options);
    const read = async (id: string, domain = second) => {
      const { revision, task, state } = (await domain.call('GET', `/v1/tasks/${id}`)).body;
      return [revision, task.instances.one.parameters, state.error?.code];
    };
    t.same(await read('stands'), [2, { amount: 25 }, undefined]);
    const live = await second.live('plays');
    await live.next('meters');
    t.same(await read('plays'), [2, { amount: 25 }, undefined], 'it plays on with the new one');
    await second.call('PATCH', '/v1/tasks/stands/parameters', {
      changes: [{ instance: 'one', parameter: 'amount', value: 80 }],
    });
    await second.call('POST', '/v1/tasks/plays/recall', { preset: 'mine', instance: 'one' });
    t.same(await read('plays'), [3, { amount: 25 }, undefined], 'what the preset holds of its state is an edit');
    live.close();
    await second.close();

    const third = await startTestDomain(t, options);
    t.same(await read('stands', third), [2, { amount: 80 }, undefined], 'once');
  },
);
