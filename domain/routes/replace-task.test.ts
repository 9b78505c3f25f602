import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);
const other = { ...toneTask, name: 'Other', sampleRate: 44100 };

t.test('a replaced task has the new graph and the next revision', async (t) => {
  await domain.create('a');
  const { status, body, headers } = await domain.call('PUT', '/v1/tasks/a', other, { 'if-match': '"1"' });
  t.equal(status, 200);
  t.equal(headers.get('etag'), '"2"');
  t.same(body.task, other);
  t.equal(body.state.revision, 2);
  t.same((await domain.call('GET', '/v1/tasks/a')).body.task, other);
});

t.test('a task that plays goes on playing with the new graph', async (t) => {
  await domain.create('playing');
  await domain.call('PATCH', '/v1/tasks/playing/transport', { play: true, positionSeconds: 100 });
  const live = await domain.live('playing');
  await domain.call('PUT', '/v1/tasks/playing', other);
  const snapshot = await live.next('snapshot', ({ revision }) => revision === 2);
  t.same(snapshot.task, other);
  const { transport } = await live.next('meters', (m) => m.transport.playing, live.messages.indexOf(snapshot));
  t.ok(transport.positionFrames >= 100 * transport.sampleRate, 'from where it was');
});

t.test('an old revision and a bad graph change nothing', async (t) => {
  await domain.create('kept');
  await domain.refused('REVISION_CONFLICT', 'PUT', '/v1/tasks/kept', other, { 'if-match': '"7"' });
  await domain.refused('REQUEST_INVALID', 'PUT', '/v1/tasks/kept', other, { 'if-match': '7' });
  await domain.refused('TASK_INVALID', 'PUT', '/v1/tasks/kept', { sampleRate: 1 });
  await domain.refused('MODEL_UNKNOWN', 'PUT', '/v1/tasks/kept', {
    ...toneTask,
    instances: { gain: { model: 'no:model' } },
    connections: {},
  });
  await domain.refused('TASK_UNKNOWN', 'PUT', '/v1/tasks/none', other);
  const { body } = await domain.call('GET', '/v1/tasks/kept');
  t.same([body.revision, body.task, body.state.revision, body.state.state], [1, toneTask, 1, 'ready']);
});
