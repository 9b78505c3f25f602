import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import t from 'tap';
import { installPackage, removePackage } from '../cli/packages/install-package.ts';
import { writeTar } from '../cli/packages/tar.ts';
import { startTestDomain } from '../domain/testing/test-domain.ts';
import { assemble, watModel, watPlugin } from '../engine/plugin/fixtures/wat-plugin.ts';

const folder = mkdtempSync(join(tmpdir(), 'installed-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const dataDir = join(folder, 'data');
const root = join(dataDir, 'plugins');
const module = assemble(watPlugin());

/** A version of a plugin, with the parameters named. */
function archive(version: string, parameters: string[]): string {
  const path = join(folder, `${version}.tgz`);
  const models = [
    {
      ...watModel,
      version,
      parameters: parameters.map((id) => ({
        id,
        name: id,
        unit: 'none',
        range: { kind: 'continuous', min: 0, max: 1 },
        default: 0,
      })),
    },
  ];
  const files = {
    'audiocloud.json': JSON.stringify({ kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models }),
    'package.json': JSON.stringify({ name: 'one', version }),
    'plugin.wasm': module,
  };
  const packed = Object.entries(files).map(([name, content]) => ({
    path: `package/${name}`,
    bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
    isExecutable: false,
  }));
  writeFileSync(path, writeTar(packed));
  return path;
}

/** Waits until something is so; a failure of what waits for it names it. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (await isSo()) return;
    await sleep(20);
  }
  throw new Error(`waited in vain until ${what}`);
}

t.test('packages appear, change and go while a domain runs and a task plays', async (t) => {
  const stock = join(import.meta.dirname, '../plugins');
  const domain = await startTestDomain(t, { dataDir, installDir: root, pluginDirs: [stock, root] });
  const client = new AudioCloudClient(domain.url);
  const versions = async () =>
    (await client.models()).filter(({ id }) => id === watModel.id).map(({ version }) => version);
  const tone: Task = {
    sampleRate: 48000,
    instances: { tone: { model: 'audiocloud:tone', widths: { out: 1 } } },
    connections: { out: { from: { node: 'tone' }, to: { node: 'main' } } },
    sinks: { main: { kind: 'stream', channels: 1 } },
  };
  await client.tasks.create(tone, 'task');
  await client.tasks.transport('task', { play: true });
  t.same(await versions(), []);

  await installPackage(root, archive('1.0.0', ['level']));
  await until('the model is there', async () => (await versions()).length > 0);
  await client.tasks.edit('task', [
    { op: 'put', part: 'instances', name: 'one', value: { model: watModel.id, parameters: { level: 1 } } },
    { op: 'put', part: 'connections', name: 'in', value: { from: { node: 'tone' }, to: { node: 'one' } } },
  ]);
  t.match(
    (await client.tasks.get('task')).state.instances,
    { one: { state: 'running' } },
    'a task that was loaded takes it',
  );

  let models = 0;
  const live = client.live('task', { onModels: () => models++ });
  t.teardown(() => live.close());
  await live.ready;
  await installPackage(root, archive('1.1.0', ['level', 'more']));
  await until('a page hears of the new model', () => models > 0);
  t.match(
    live.models.find(({ id }) => id === watModel.id),
    { version: '1.1.0', parameters: [{}, { id: 'more' }] },
  );
  await live.set({ instance: 'one', parameter: 'more', value: 0.5 });
  t.same(live.values('one', 'more'), [0.5], 'the instance that plays is of the new version');
  t.same(live.values('one', 'level'), [1]);

  await installPackage(root, archive('2.0.0', []));
  await until('the engine has read it', async () => (await versions()).includes('2.0.0'));
  const { refused } = await client.rescanPlugins();
  t.match(refused, [
    { code: 'PARAMETER_UNKNOWN', message: /Task task goes on with the plugins it has: .*one\.(level|more)/ },
  ]);
  t.match((await client.tasks.get('task')).state.instances, { one: { state: 'running' } });

  removePackage(root, 'one');
  await until('the model is gone', async () => (await versions()).length === 0);
  await client.tasks.edit('task', [{ op: 'put', part: 'buses', name: 'bus', value: { inputChannels: 1 } }]);
  t.match((await client.tasks.get('task')).state.instances, { one: { state: 'running' } }, 'what plays goes on');
  await domain.refused('MODEL_UNKNOWN', 'POST', '/v1/tasks', {
    task: { ...tone, instances: { tone: { model: watModel.id } } },
  });
});
