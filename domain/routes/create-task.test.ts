import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { check, type ErrorCode, TaskDocument } from '@audiocloud/api';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);
const { connections, instances, sinks } = toneTask;

t.test('a created task can be read where the answer says', async (t) => {
  const { status, body, headers } = await domain.create('made');
  t.equal(status, 201);
  const document = check(TaskDocument, body, 'document', 'MESSAGE_INVALID');
  t.same(document.task, toneTask);
  t.equal(document.revision, 1);
  t.equal(document.state.state, 'ready');
  t.equal(headers.get('etag'), '"1"');
  t.equal(headers.get('location'), '/v1/tasks/made');
  t.same((await domain.call('GET', '/v1/tasks/made')).body, body);
});

t.test('without an id the domain chooses one', async (t) => {
  const ids = await Promise.all(
    [1, 2].map(async () => (await domain.call('POST', '/v1/tasks', { task: toneTask })).body.id as string),
  );
  t.equal(new Set(ids).size, 2);
  for (const id of ids) t.equal((await domain.call('GET', `/v1/tasks/${id}`)).status, 200);
});

t.test('of two that create one id, one is refused and changes nothing', async (t) => {
  const answers = await Promise.all([
    domain.create('twice', { ...toneTask, name: 'first' }),
    domain.create('twice', { ...toneTask, name: 'second' }),
  ]);
  t.same(answers.map(({ status }) => status).sort(), [201, 409]);
  const winner = answers.find(({ status }) => status === 201)!;
  t.equal((await domain.call('GET', '/v1/tasks/twice')).body.task.name, winner.body.task.name);
  await domain.refused('TASK_EXISTS', 'POST', '/v1/tasks', { id: 'twice', task: toneTask });
});

t.test('what cannot be a task is refused with the place that is wrong, and is not there afterwards', async (t) => {
  writeFileSync(join(domain.mediaDir, 'damaged.wav'), 'this is no sound');
  const media = (path: string) => ({
    ...toneTask,
    media: { m: { path } },
    tracks: { t: { channels: 2, clips: [{ media: 'm', startSeconds: 0 }] } },
    connections: { ...connections, media: { from: { node: 't' }, to: { node: 'out' } } },
  });
  const bad: [ErrorCode, unknown, RegExp][] = [
    ['TASK_INVALID', {}, /sampleRate/],
    ['TASK_INVALID', { ...toneTask, sampleRate: '48000' }, /sampleRate/],
    ['TASK_INVALID', { ...toneTask, extra: 1 }, /extra/],
    ['TASK_INVALID', { ...toneTask, instances: { '1bad': instances!['gain'] } }, /1bad/],
    ['TASK_INVALID', null, /task/],
    [
      'MODEL_UNKNOWN',
      { ...toneTask, instances: { ...instances, gain: { model: 'nobody:nothing' } } },
      /nobody:nothing/,
    ],
    [
      'PARAMETER_UNKNOWN',
      { ...toneTask, instances: { ...instances, gain: { model: 'audiocloud:gain', parameters: { colour: 1 } } } },
      /colour/,
    ],
    [
      'PARAMETER_VALUE',
      { ...toneTask, instances: { ...instances, gain: { model: 'audiocloud:gain', parameters: { gain: 1000 } } } },
      /1000/,
    ],
    ['NODE_UNKNOWN', { ...toneTask, connections: { x: { from: { node: 'tone' }, to: { node: 'ghost' } } } }, /ghost/],
    [
      'PORT_UNKNOWN',
      { ...toneTask, connections: { x: { from: { node: 'tone', port: 'zz' }, to: { node: 'out' } } } },
      /zz/,
    ],
    [
      'GRAPH_CYCLE',
      { ...toneTask, connections: { ...connections, back: { from: { node: 'gain' }, to: { node: 'gain' } } } },
      /gain/,
    ],
    ['CHANNELS_MISMATCH', { ...toneTask, sinks: { out: { ...sinks!['out'], channels: 3 } } }, /3/],
    ['MEDIA_MISSING', media('nowhere.wav'), /nowhere\.wav/],
    ['MEDIA_FORBIDDEN', media('../../../etc/passwd'), /etc\/passwd/],
    ['MEDIA_FORBIDDEN', media('/etc/passwd'), /etc\/passwd/],
  ];
  for (const [code, task, names] of bad)
    t.match((await domain.refused(code, 'POST', '/v1/tasks', { id: 'bad', task })).message, names, code);
  const damaged = await domain.call('POST', '/v1/tasks', { id: 'bad', task: media('damaged.wav') });
  t.match(damaged.body.code, /^MEDIA_(DAMAGED|UNSUPPORTED)$/);
  t.match(damaged.body.message, /damaged\.wav|'m'/);
  await domain.refused('TASK_UNKNOWN', 'GET', '/v1/tasks/bad');
  t.equal((await domain.create('bad')).status, 201, 'the id is free');
});

t.test('what is no request at all is refused as such', async (t) => {
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/tasks', '{"id":');
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/tasks', '');
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/tasks', 'id=1', {
    'content-type': 'application/x-www-form-urlencoded',
  });
  await domain.refused('TASK_INVALID', 'POST', '/v1/tasks', { id: '../up', task: toneTask });
  await domain.refused('TASK_INVALID', 'POST', '/v1/tasks', [1]);
  const poison = await domain.call('POST', '/v1/tasks', '{"task":{"__proto__":{"x":1},"sampleRate":48000}}');
  t.equal(poison.status, 400);
  await domain.refused('TOO_LARGE', 'POST', '/v1/tasks', { task: { description: 'x'.repeat(5 * 1024 * 1024) } });
});
