import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, type Model, Task } from '@audiocloud/api';
import { type AudioData, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { audio, openRegistry, RATE } from '../../test/driven-task.ts';
import { buildCommand, runBuild } from './build-plugin.ts';
import { devTask } from './dev-task.ts';
import { watchSources } from './watch-sources.ts';

const folder = mkdtempSync(join(tmpdir(), 'audiocloud-dev-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

t.test('the task of every stock model is sound, with a signal and with a file', async (t) => {
  const registry = await openRegistry();
  const sine = Float32Array.from({ length: RATE / 10 }, (_, n) => Math.sin(n / 10));
  for (const model of registry.models) {
    // every other one with a file
    const source = t.counts.total % 2 ? 'saw' : { path: 'file.wav', channels: 1, seconds: 0.1 };
    const task = check(Task, devTask(model, source), model.id, 'TASK_INVALID');
    const media: Record<string, AudioData> = typeof source === 'string' ? {} : { file: audio(sine) };
    const { data } = await renderTask({ task: { ...task, lengthSeconds: 0.02 }, media, registry });
    t.ok(
      data.every((channel) => channel.every(Number.isFinite)),
      `${model.id} ${typeof source === 'string' ? source : 'file'}`,
    );
  }
  const keys = registry.models.find(({ id }) => id === 'example:sine-keys')!;
  const task = { ...devTask(keys, 'saw', { path: 'attack.wav', channels: 1, seconds: 0.1 }), lengthSeconds: 1 };
  const played = (await renderTask({ task, media: { slots: audio(sine) }, registry })).data[0]!;
  for (const seconds of [0.2, 0.7]) t.ok(Math.abs(played[seconds * RATE]!) > 0, `the instrument plays at ${seconds} s`);
  const wide = { ...registry.models[0]!, inputs: [], outputs: [] } as Model;
  t.same(devTask(wide, 'saw').connections, {}, 'a model without sound has nothing to hear');
});

t.test('a change of a source is noticed, however it is written; what is built is not', async (t) => {
  mkdirSync(join(folder, 'src/deep'), { recursive: true });
  for (const made of ['build', 'node_modules', '.git']) mkdirSync(join(folder, made));
  let next = Promise.withResolvers<string>();
  const end = watchSources(folder, 'build/plugin.wasm', (path) => next.resolve(path));
  t.teardown(end);
  const noticed = async (path: string, change: () => void) => {
    next = Promise.withResolvers();
    for (const made of ['build/plugin.wasm', 'build/plugin.o', 'node_modules/x', '.git/x', 'src/a.c~', 'out.tgz'])
      writeFileSync(join(folder, made), '');
    change();
    t.equal(await next.promise, path);
  };
  await noticed('src/a.c', () => writeFileSync(join(folder, 'src/a.c'), '1'));
  await noticed('src/a.c', () => {
    writeFileSync(join(folder, 'src/.a.tmp'), '2');
    renameSync(join(folder, 'src/.a.tmp'), join(folder, 'src/a.c')); // as editors do
  });
  await noticed('src/deep/b.c', () => writeFileSync(join(folder, 'src/deep/b.c'), ''));
  await noticed('src/later', () => mkdirSync(join(folder, 'src/later')));
  await noticed('src/later/c.c', () => writeFileSync(join(folder, 'src/later/c.c'), ''));
  await noticed('audiocloud.json', () => writeFileSync(join(folder, 'audiocloud.json'), '{}'));
});

t.test('a build that fails says what the compiler said', async (t) => {
  t.equal(buildCommand(folder), undefined, 'nothing to build');
  writeFileSync(join(folder, 'package.json'), '{ "scripts": { "build": "true" } }');
  t.equal(buildCommand(folder), 'npm run --silent build');
  await runBuild('echo fine', folder);
  await t.rejects(runBuild('echo "error: line 3" >&2; exit 2', folder), {
    code: 'PLUGIN_BUILD',
    message: /ended with 2:\nerror: line 3/,
  });
});
