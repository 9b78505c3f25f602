import type { Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { TaskIndex } from './task-index.ts';
import { taskKey } from './task-address.ts';
import type { TaskRecord } from './task-record.ts';

const record = (graph: Partial<Task>, more: Partial<TaskRecord> = {}): TaskRecord => ({
  revision: 1,
  graph: { sampleRate: 48000, ...graph },
  isPlaying: false,
  positionSeconds: 0,
  ...more,
});
const ofModels = (...models: string[]) => ({
  instances: Object.fromEntries(models.map((model, i) => [`i${i}`, { model }])),
});

function open(t: Test) {
  const store = openSqliteStore(':memory:');
  t.teardown(() => store.close());
  return store;
}
const keyOf = (id: string, application = 'main') => taskKey({ application, id });
const idsOf = (index: TaskIndex, after?: string) => [...index.of('main', after)].map(({ address }) => address.id);

t.test('it knows what was stored before it, and what is stored and deleted after', async (t) => {
  const store = open(t);
  for (const id of ['c', 'a', 'b']) await store.put(keyOf(id), record({ name: id.toUpperCase() }));
  await store.put('preset/x', {});
  for (const other of ['a', 'main-2', 'z']) await store.put(keyOf('foreign', other), record({}));
  const index = await TaskIndex.open(store);
  t.same(idsOf(index), ['a', 'b', 'c']);
  await store.put(keyOf('aa'), record({}));
  await store.delete(keyOf('b'));
  await store.put('webhook/x', {});
  t.same(idsOf(index), ['a', 'aa', 'c']);
  t.same(idsOf(index, 'a'), ['aa', 'c']);
  t.same(idsOf(index, 'b'), ['c'], 'behind an id that is not there');
  t.same([index.has(keyOf('aa')), index.has(keyOf('b'))], [true, false]);
  index.close();
  await store.delete(keyOf('c'));
  t.ok(index.has(keyOf('c')), 'a closed one follows no more');
});

t.test('more than are read at once are all there', async (t) => {
  const store = open(t);
  const ids = Array.from({ length: 600 }, (_, i) => `t${String(i).padStart(3, '0')}`);
  await store.write(ids.map((id) => ({ key: keyOf(id), value: record({}) })));
  t.same(idsOf(await TaskIndex.open(store)), ids);
});

t.test('an entry says what lists ask for', async (t) => {
  const store = open(t);
  const index = await TaskIndex.open(store);
  const put = (value: TaskRecord) => store.put(keyOf('a'), value);
  const entry = () => [...index.of('main')][0];
  const graph = { name: 'A', ...ofModels('m:x@1.2.3', 'm:y', 'm:x') };
  const address = { application: 'main', id: 'a' };
  await put(record(graph, { isPlaying: true, units: { x: 'a:b:c' }, engine: 'e' }));
  t.same(entry(), {
    address,
    revision: 1,
    name: 'A',
    isPlaying: true,
    hasUnits: true,
    engine: 'e',
    models: ['m:x', 'm:y'],
    media: [],
  });
  await put(record(ofModels('m:z'), { revision: 2 }));
  t.same(entry(), {
    address,
    revision: 2,
    name: undefined,
    isPlaying: false,
    hasUnits: false,
    engine: undefined,
    models: ['m:z'],
    media: [],
  });
  await store.delete(keyOf('a'));
  await put(record(ofModels('m:new')));
  t.same(entry()?.models, ['m:new'], 'another one of the same id and revision');
});

t.test('it knows which task of an application names imported media', async (t) => {
  const store = open(t);
  const index = await TaskIndex.open(store);
  const naming = (path: string) => record({ media: { one: { path }, same: { path }, file: { path: 'a.wav' } } });
  await store.put(keyOf('a'), naming('b.wav'));
  await store.put(keyOf('b'), naming('media:media-1'));
  t.equal(index.namerOf('main', 'media-1'), 'b');
  t.equal(index.namerOf('main', 'media-2'), undefined);
  t.equal(index.namerOf('other', 'media-1'), undefined);
  await store.delete(keyOf('b'));
  t.equal(index.namerOf('main', 'media-1'), undefined);
});
