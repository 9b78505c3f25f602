import type { Task } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t, 'stands', 'plays');
const more = { op: 'put', part: 'instances', name: 'more', value: { model: 'audiocloud:equalizer' } };
const other: Task = { ...toneTask, name: 'Other', loop: { startSeconds: 1, endSeconds: 2 } };
const cycle = { ...toneTask, connections: { back: { from: { node: 'gain' }, to: { node: 'gain' } } } };

interface Call {
  method: string;
  path: string;
  body?: unknown;
  headers?: Record<string, string>;
}
const tried = ({ path, ...rest }: Call): Call => ({ ...rest, path: `${path}?dryRun=true` });

/** What was answered, without what each request has of its own. */
async function ask({ method, path, body, headers }: Call) {
  const answer = await domain.call(method, path, body, headers);
  const { requestId: _, ...rest } = answer.body as object & { requestId?: string };
  const { etag, location } = Object.fromEntries(answer.headers);
  return { status: answer.status, etag, location, body: rest };
}
type Answer = Awaited<ReturnType<typeof ask>>;

/** Without what goes on while a task plays. */
function still({ body, ...rest }: Answer) {
  const { state, ...document } = body as { state?: Record<string, unknown> };
  const { blocks: _, missedBlocks: __, transport, ...facts } = state ?? {};
  const { positionFrames: ___, streamFrame: ____, ...stands } = (transport ?? {}) as Record<string, unknown>;
  return { ...rest, body: { ...document, state: { ...facts, transport: stands } } };
}

/** All that a client can see: lists, the tasks themselves, and how many events there were. */
async function whole() {
  const tasks = (await domain.call('GET', '/v1/tasks')).body.tasks as { id: string }[];
  const documents = await Promise.all(tasks.map(({ id }) => ask({ method: 'GET', path: `/v1/tasks/${id}` })));
  const { newest } = (await domain.call('GET', '/v1/events?limit=1')).body;
  return { tasks, documents: documents.map(still), newest };
}

await domain.call('PATCH', '/v1/tasks/stands/transport', { positionSeconds: 3 });
await domain.call('PATCH', '/v1/tasks/plays/transport', { play: true });

const accepted: { [name: string]: Call } = {
  'a task is created': { method: 'POST', path: '/v1/tasks', body: { id: 'new', task: toneTask } },
  'one that stands is edited': { method: 'POST', path: '/v1/tasks/stands/edits', body: { edits: [more] } },
  'one that plays is edited': { method: 'POST', path: '/v1/tasks/plays/edits', body: { edits: [more] } },
  'a part is put': { method: 'PUT', path: '/v1/tasks/plays/graph/buses/mix', body: { inputChannels: 2 } },
  'a part is patched': { method: 'PATCH', path: '/v1/tasks/plays/graph/buses/mix', body: { name: 'Mix' } },
  'a part is removed': { method: 'DELETE', path: '/v1/tasks/plays/graph/buses/mix', headers: { 'if-match': '"4"' } },
  'one that stands is replaced': {
    method: 'PUT',
    path: '/v1/tasks/stands',
    body: other,
    headers: { 'if-match': '"2"' },
  },
  'one that plays is replaced': { method: 'PUT', path: '/v1/tasks/plays', body: other },
};

for (const [name, call] of Object.entries(accepted))
  t.test(`${name}: the dry run answers as the call does, and changes nothing`, async (t) => {
    const before = await whole();
    const key = { headers: { ...call.headers, 'idempotency-key': `try ${name}` } };
    const answers = [await ask(tried(call)), await ask(tried({ ...call, ...key }))];
    t.same(await whole(), before);
    const done = await ask(call);
    t.ok(done.status < 300, `${done.status} ${JSON.stringify(done.body)}`);
    for (const answer of answers) t.same(still(answer), still(done));
  });

const refused: { [name: string]: Call } = {
  TASK_EXISTS: { method: 'POST', path: '/v1/tasks', body: { id: 'plays', task: toneTask } },
  TASK_INVALID: { method: 'POST', path: '/v1/tasks', body: { task: {} } },
  MODEL_UNKNOWN: {
    method: 'POST',
    path: '/v1/tasks',
    body: { task: { ...toneTask, instances: { gain: { model: 'no:model' } } } },
  },
  GRAPH_CYCLE: { method: 'PUT', path: '/v1/tasks/plays', body: cycle },
  MEDIA_FORBIDDEN: { method: 'PUT', path: '/v1/tasks/plays/graph/media/m', body: { path: '/etc/passwd' } },
  NODE_UNKNOWN: {
    method: 'POST',
    path: '/v1/tasks/stands/edits',
    body: { edits: [{ op: 'remove', part: 'sinks', name: 'ghost' }] },
  },
  PARAMETER_VALUE: {
    method: 'PATCH',
    path: '/v1/tasks/plays/graph/instances/gain',
    body: { parameters: { gain: 1000 } },
  },
  REVISION_CONFLICT: {
    method: 'POST',
    path: '/v1/tasks/plays/edits',
    body: { edits: [more] },
    headers: { 'if-match': '"1"' },
  },
  PART_UNKNOWN: { method: 'DELETE', path: '/v1/tasks/plays/graph/buses/ghost' },
  TASK_UNKNOWN: { method: 'PUT', path: '/v1/tasks/none', body: toneTask },
};

for (const [code, call] of Object.entries(refused))
  t.test(`${code}: the dry run is refused as the call is`, async (t) => {
    const [answer, done] = [await ask(tried(call)), await ask(call)];
    t.match(done.body, { code });
    t.same(answer, done);
  });

t.test('what cannot be tried is refused when it is, and not done', async (t) => {
  const before = await whole();
  await domain.refused('REQUEST_INVALID', 'PATCH', '/v1/tasks/plays/transport?dryRun=true', { play: false });
  await domain.refused('REQUEST_INVALID', 'DELETE', '/v1/tasks/plays?dryRun=true');
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/tasks?dryrun=true', { task: toneTask });
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/tasks?dryRun=yes', { task: toneTask });
  t.same(await whole(), before);
});
