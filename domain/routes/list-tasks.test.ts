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
    { id: 'a', revision: 1, name: 'Tone', playing: false, state: 'ready', engine: 'embedded' },
    { id: 'b', revision: 1, playing: false, state: 'ready', engine: 'embedded' },
  ]);
  await domain.call('PATCH', '/v1/tasks/b/transport', { play: true });
  await domain.call('DELETE', '/v1/tasks/a');
  t.same(await list(), [{ id: 'b', revision: 1, playing: true, state: 'playing', engine: 'embedded' }]);
});

t.test('tasks are found by state, play, name and model, in pages that follow each other', async (t) => {
  const ids = async (query: string) => {
    const { body, headers } = await domain.call('GET', `/v1/tasks?${query}`);
    const { tasks, next } = check(TaskList, body, query, 'MESSAGE_INVALID');
    const link = next === undefined ? null : `</v1/tasks?${query}&after=${next}>; rel="next"`;
    const said = headers.get('link');
    t.equal(said && decodeURIComponent(said), link && decodeURIComponent(link), 'the link says the same');
    return [...tasks.map(({ id }) => id), ...(next === undefined ? [] : [`then ${next}`])];
  };
  const mix = { ...toneTask, instances: { ...toneTask.instances!, eq: { model: 'audiocloud:equalizer' } } };
  await domain.create('c', { ...mix, name: 'Mix of the day' });
  await domain.create('d', { ...toneTask, name: 'mixed' });
  t.same(await ids('limit=2'), ['b', 'c', 'then c']);
  t.same((await domain.call('GET', '/v1/tasks?limit=2&after=c')).body.tasks[0].id, 'd');
  t.same(await ids('playing=true'), ['b']);
  t.same(await ids('playing=false'), ['c', 'd']);
  t.same(await ids('state=playing'), ['b']);
  t.same(await ids('state=stored'), []);
  t.same(await ids('name=mix'), ['c', 'd']);
  t.same(await ids('name=Mix%20of'), ['c']);
  t.same(await ids('name=of'), [], 'the beginning of the name');
  t.same(await ids('model=audiocloud:equalizer'), ['c']);
  t.same(await ids('model=audiocloud:tone@1.0.0&limit=1&name=mix'), ['c', 'then c']);
  await domain.call('POST', '/v1/tasks/c/edits', { edits: [{ op: 'remove', part: 'instances', name: 'eq' }] });
  t.same(await ids('model=audiocloud:equalizer'), [], 'after an edit');
  for (const query of ['limit=0', 'limit=1001', 'after=', 'state=asleep', 'playing=1', 'model=equalizer'])
    await domain.refused('REQUEST_INVALID', 'GET', `/v1/tasks?${query}`);
});
