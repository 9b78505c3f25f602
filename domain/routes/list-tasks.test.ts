import t from 'tap';
import { check, TaskList } from '@audiocloud/api';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('the list of tasks follows creation, play and deletion', async (t) => {
  const list = async () =>
    check(TaskList, (await domain.call('GET', '/v1/tasks')).body, 'list', 'MESSAGE_INVALID').tasks;
  t.same(await list(), []);
  const { name: _, ...unnamed } = toneTask;
  await domain.create('b', unnamed);
  await domain.create('a');
  t.same(await list(), [
    { id: 'a', revision: 1, name: 'Tone', playing: false, state: 'ready' },
    { id: 'b', revision: 1, playing: false, state: 'ready' },
  ]);
  await domain.call('PATCH', '/v1/tasks/b/transport', { play: true });
  await domain.call('DELETE', '/v1/tasks/a');
  t.same(await list(), [{ id: 'b', revision: 1, playing: true, state: 'playing' }]);
});
