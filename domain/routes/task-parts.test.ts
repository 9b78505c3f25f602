import { check, GraphPart, GraphPartList } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t, 'a', 'kept');
const part = (rest: string, id = 'a') => `/v1/tasks/${id}/graph/${rest}`;
const call = async (method: string, rest: string, body?: unknown, headers?: Record<string, string>) => {
  const answer = await domain.call(method, part(rest), body, headers);
  if (answer.status === 200) check(GraphPart, answer.body, `${method} ${rest}`, 'MESSAGE_INVALID');
  return answer;
};

t.test('parts are read in pages by kind, and one by one', async (t) => {
  const list = async (rest: string) =>
    check(GraphPartList, (await domain.call('GET', part(rest))).body, rest, 'MESSAGE_INVALID');
  t.same(await list('instances'), {
    parts: Object.entries(toneTask.instances!)
      .map(([name, value]) => ({ part: 'instances', name, revision: 1, value }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  });
  const first = await list('connections?limit=1');
  t.match(first, { parts: [{ name: 'toGain' }], next: 'toGain' });
  t.match(await list('connections?limit=1&after=toGain'), { parts: [{ name: 'toOut' }], next: undefined });
  t.same(await list('lanes'), { parts: [] });
  const { body, headers } = await call('GET', 'instances/gain');
  t.same(body, { part: 'instances', name: 'gain', revision: 1, value: toneTask.instances!['gain'] });
  t.equal(headers.get('etag'), '"1"');
});

t.test('a part is put, patched and removed on its own, and the engine has it', async (t) => {
  const bus = { inputChannels: 2 };
  const put = await call('PUT', 'buses/mix', bus);
  t.same([put.status, put.headers.get('etag')], [200, '"2"']);
  t.same(put.body, { part: 'buses', name: 'mix', revision: 2, value: bus });
  const patched = await call('PATCH', 'buses/mix', { name: 'Mix', outputChannels: 1 });
  t.same(patched.body.value, { inputChannels: 2, name: 'Mix', outputChannels: 1 });
  const merged = await domain.call('PATCH', part('buses/mix'), JSON.stringify({ outputChannels: null }), {
    'content-type': 'application/merge-patch+json',
  });
  t.same(merged.body, { part: 'buses', name: 'mix', revision: 4, value: { inputChannels: 2, name: 'Mix' } });
  const cable = { from: { node: 'gain' }, to: { node: 'mix' } };
  t.equal((await call('PUT', 'connections/toMix', cable)).body.revision, 5);
  t.equal((await domain.call('DELETE', part('buses/mix'))).status, 204);
  const { body } = await domain.call('GET', '/v1/tasks/a');
  t.same([body.revision, body.state.revision, body.task.buses], [6, 6, {}]);
  t.notOk(body.task.connections.toMix, 'its connections went with it');
});

t.test('the revision of a part rises with changes of this part alone', async (t) => {
  const revisionOf = async (rest: string) => (await call('GET', rest)).body.revision;
  const { revision } = (await domain.call('GET', '/v1/tasks/a')).body;
  await call('PATCH', 'instances/gain', { name: 'G' });
  t.same([await revisionOf('instances/gain'), await revisionOf('instances/tone')], [revision + 1, 1]);
  await domain.call('PATCH', '/v1/tasks/a/parameters', {
    changes: [{ instance: 'tone', parameter: 'level', value: -20 }],
  });
  const { body } = await call('GET', 'instances/tone');
  t.equal(body.revision, 1, 'values set live do not raise it');
  t.same(body.value.parameters.level, -20, 'and are seen');
  await domain.call('PUT', '/v1/tasks/a', toneTask);
  t.same([await revisionOf('instances/gain'), await revisionOf('sinks/out')], [revision + 2, revision + 2]);
});

t.test('a patch keeps values that were set live, unless it names them', async (t) => {
  const set = (value: number) =>
    domain.call('PATCH', '/v1/tasks/a/parameters', { changes: [{ instance: 'gain', parameter: 'gain', value }] });
  await set(-7);
  t.same((await call('PATCH', 'instances/gain', { name: 'G' })).body.value.parameters, { gain: -7 });
  t.same((await call('PATCH', 'instances/gain', { parameters: { gain: -1 } })).body.value.parameters, { gain: -1 });
});

t.test('a change that depends on a revision is refused when the part has another one', async (t) => {
  const tag = (revision: number | string) => ({ 'if-match': `"${revision}"` });
  const { revision } = (await call('PUT', 'buses/tagged', { inputChannels: 1 })).body;
  await call('PUT', 'buses/other', { inputChannels: 1 });
  const next = await call('PUT', 'buses/tagged', { inputChannels: 2 }, tag(revision));
  t.equal(next.status, 200, 'another part was changed meanwhile');
  const path = part('buses/tagged');
  await domain.refused('REVISION_CONFLICT', 'PUT', path, { inputChannels: 3 }, tag(revision));
  await domain.refused('REVISION_CONFLICT', 'PATCH', path, { inputChannels: 3 }, tag(revision));
  await domain.refused('REVISION_CONFLICT', 'DELETE', path, undefined, tag(revision));
  await domain.refused('REVISION_CONFLICT', 'PUT', path, { inputChannels: 3 }, { 'if-none-match': '*' });
  await domain.refused('REQUEST_INVALID', 'PUT', path, { inputChannels: 3 }, { 'if-none-match': '"3"' });
  await domain.refused('REQUEST_INVALID', 'PUT', path, { inputChannels: 3 }, { 'if-match': 'W/"3"' });
  t.same((await call('GET', 'buses/tagged')).body.value, { inputChannels: 2 });
  t.equal((await domain.call('DELETE', path, undefined, tag(next.body.revision))).status, 204);
  const there = next.body.revision;
  await domain.refused('REVISION_CONFLICT', 'PUT', path, { inputChannels: 3 }, tag(there));
  const again = await call('PUT', 'buses/tagged', { inputChannels: 1 }, { 'if-none-match': '*' });
  t.ok(again.body.revision > there, 'made again it has a revision that it never had');
});

t.test('what is no part, or would be no task, is refused and changes nothing', async (t) => {
  const [instance, nowhere] = [part('instances/gain', 'kept'), part('instances/none', 'kept')];
  const message = async (...ask: Parameters<typeof domain.refused>) => (await domain.refused(...ask)).message;
  t.match(await message('TASK_INVALID', 'PUT', instance, { model: 'audiocloud:gain', colour: 1 }), /colour/);
  await domain.refused('TASK_INVALID', 'PUT', instance, { inputChannels: 2 });
  await domain.refused('TASK_INVALID', 'PATCH', instance, { model: null });
  await domain.refused('REQUEST_INVALID', 'PATCH', instance, [1]);
  await domain.refused('MODEL_UNKNOWN', 'PUT', instance, { model: 'no:model' });
  await domain.refused('GRAPH_CYCLE', 'PUT', part('connections/back', 'kept'), {
    from: { node: 'gain' },
    to: { node: 'gain' },
  });
  for (const method of ['GET', 'DELETE']) await domain.refused('PART_UNKNOWN', method, nowhere);
  await domain.refused('PART_UNKNOWN', 'PATCH', nowhere, { name: 'x' });
  await domain.refused('PART_UNKNOWN', 'GET', part('instances/constructor', 'kept'));
  await domain.refused('ID_INVALID', 'GET', part('knobs/gain', 'kept'));
  await domain.refused('ID_INVALID', 'GET', part('instances/1bad', 'kept'));
  await domain.refused('TASK_UNKNOWN', 'GET', part('instances/gain', 'none'));
  await domain.refused('TASK_UNKNOWN', 'PUT', part('buses/mix', 'none'), { inputChannels: 2 });
  const { body } = await domain.call('GET', '/v1/tasks/kept');
  t.same([body.revision, body.task, body.state.revision], [1, toneTask, 1]);
});
