import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);
const put = { op: 'put', part: 'instances', name: 'second', value: { model: 'audiocloud:gain' } };

t.test('edits change the graph as one transaction, while it plays', async (t) => {
  await domain.create('a');
  await domain.call('PATCH', '/v1/tasks/a/transport', { play: true });
  const { status, body, headers } = await domain.call('POST', '/v1/tasks/a/edits', {
    edits: [
      put,
      { op: 'set', instance: 'second', parameter: 'gain', value: -3 },
      { op: 'remove', part: 'connections', name: 'toOut' },
    ],
  });
  t.equal(status, 200);
  t.equal(headers.get('etag'), '"2"');
  t.same(body.task.instances.second, { model: 'audiocloud:gain', parameters: { gain: -3 } });
  t.same(body.task.connections, { toGain: toneTask.connections!['toGain'] });
  t.equal(body.state.state, 'playing');
  t.ok(body.state.instances.second, 'the engine has it');
});

t.test('if one edit is refused none is made', async (t) => {
  await domain.create('kept');
  const edits = (...list: unknown[]) => ({ edits: list });
  const path = '/v1/tasks/kept/edits';
  await domain.refused('NODE_UNKNOWN', 'POST', path, edits(put, { op: 'remove', part: 'instances', name: 'ghost' }));
  await domain.refused(
    'NODE_UNKNOWN',
    'POST',
    path,
    edits(put, { op: 'set', instance: 'ghost', parameter: 'gain', value: 0 }),
  );
  await domain.refused(
    'MODEL_UNKNOWN',
    'POST',
    path,
    edits(put, { ...put, name: 'third', value: { model: 'no:model' } }),
  );
  await domain.refused('REQUEST_INVALID', 'POST', path, edits(put, { op: 'explode' }));
  await domain.refused('REQUEST_INVALID', 'POST', path, edits());
  await domain.refused('REVISION_CONFLICT', 'POST', path, edits(put), { 'if-match': '"9"' });
  await domain.refused('TASK_UNKNOWN', 'POST', '/v1/tasks/none/edits', edits(put));
  const { body } = await domain.call('GET', '/v1/tasks/kept');
  t.same([body.revision, body.task, body.state.revision], [1, toneTask, 1]);
});

t.test('of many with one expected revision one is made', async (t) => {
  await domain.create('race');
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) =>
      domain.call('POST', '/v1/tasks/race/edits', { edits: [{ ...put, name: `g${i}` }] }, { 'if-match': '"1"' }),
    ),
  );
  t.same(answers.map(({ status }) => status).sort(), [200, 412, 412, 412, 412, 412, 412, 412]);
  t.equal(Object.keys((await domain.call('GET', '/v1/tasks/race')).body.task.instances).length, 3);
});
