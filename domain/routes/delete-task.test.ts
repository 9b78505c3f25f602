import t from 'tap';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('a deleted task is gone, its sockets are told, and its id is free', async (t) => {
  await domain.create('a');
  await domain.call('PATCH', '/v1/tasks/a/transport', { play: true });
  const live = await domain.live('a');
  await live.next('snapshot');
  const { status, body } = await domain.call('DELETE', '/v1/tasks/a', undefined, { 'if-match': '"1"' });
  t.equal(status, 204);
  t.equal(body, '');
  await live.next('deleted');
  t.equal((await live.until(() => live.closed, 'the end of the socket')).code, 1000);
  await domain.refused('TASK_UNKNOWN', 'GET', '/v1/tasks/a');
  await domain.refused('TASK_UNKNOWN', 'DELETE', '/v1/tasks/a');
  t.equal((await domain.create('a')).status, 201);
});

t.test('a task at another revision stays', async (t) => {
  await domain.create('kept');
  await domain.refused('REVISION_CONFLICT', 'DELETE', '/v1/tasks/kept', undefined, { 'if-match': '"2"' });
  t.equal((await domain.call('GET', '/v1/tasks/kept')).status, 200);
});
