import t from 'tap';
import { check, TaskDocument } from '@audiocloud/api';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('a task is read with its revision as ETag and its state as it is', async (t) => {
  await domain.create('a');
  await domain.call('PATCH', '/v1/tasks/a/transport', { play: true });
  await domain.call('POST', '/v1/tasks/a/edits', { edits: [{ op: 'loop', loop: { startSeconds: 0, endSeconds: 1 } }] });
  const { status, body, headers } = await domain.call('GET', '/v1/tasks/a');
  t.equal(status, 200);
  t.equal(headers.get('etag'), '"2"');
  const document = check(TaskDocument, body, 'document', 'MESSAGE_INVALID');
  t.same(document.task, { ...toneTask, loop: { startSeconds: 0, endSeconds: 1 } });
  t.equal(document.state.state, 'playing');
  t.equal(document.state.revision, 2);
});

t.test('an unknown task and an impossible id are told apart', async (t) => {
  t.same((await domain.refused('TASK_UNKNOWN', 'GET', '/v1/tasks/none')).details, { task: 'none' });
  await domain.refused('ID_INVALID', 'GET', '/v1/tasks/no%20way');
  await domain.refused('ID_INVALID', 'GET', `/v1/tasks/${'x'.repeat(65)}`);
});
