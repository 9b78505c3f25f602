import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { check, ParametersApplied } from '@audiocloud/api';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t, 'a');
const path = '/v1/tasks/a/parameters';
const gain = (value: unknown, more = {}) => ({ changes: [{ instance: 'gain', parameter: 'gain', value, ...more }] });
const set = async (body: object) =>
  check(ParametersApplied, (await domain.call('PATCH', path, body)).body, 'applied', 'MESSAGE_INVALID');

t.test('a value is in the task at once, and leaves the revision', async (t) => {
  t.equal((await set(gain(-6))).frame, null, 'a task that stands has no frame');
  const { body } = await domain.call('GET', '/v1/tasks/a');
  t.equal(body.revision, 1);
  t.equal(body.task.instances.gain.parameters.gain, -6);
});

t.test('a task that plays tells the frame, which rises', async (t) => {
  await domain.call('PATCH', '/v1/tasks/a/transport', { play: true });
  const first = await set(gain(-3));
  const second = await set(gain(-4));
  t.ok(first.frame !== null && second.frame !== null && first.frame < second.frame, `${first.frame} ${second.frame}`);
  t.equal(second.sequence, first.sequence + 1);
});

t.test('what the model does not allow changes nothing', async (t) => {
  const before = (await domain.call('GET', '/v1/tasks/a')).body.task;
  await domain.refused('PARAMETER_VALUE', 'PATCH', path, gain(1e6));
  await domain.refused('PARAMETER_VALUE', 'PATCH', path, gain('loud'));
  await domain.refused('PARAMETER_UNKNOWN', 'PATCH', path, {
    changes: [
      { instance: 'gain', parameter: 'gain', value: -20 },
      { instance: 'gain', parameter: 'ghost', value: 0 },
    ],
  });
  await domain.refused('NODE_UNKNOWN', 'PATCH', path, {
    changes: [{ instance: 'ghost', parameter: 'gain', value: 0 }],
  });
  await domain.refused('REQUEST_INVALID', 'PATCH', path, { changes: [] });
  await domain.refused('REQUEST_INVALID', 'PATCH', path, gain(null));
  await domain.refused('TASK_UNKNOWN', 'PATCH', '/v1/tasks/none/parameters', gain(0));
  t.same((await domain.call('GET', '/v1/tasks/a')).body.task, before);
  t.equal(toneTask.instances!['gain']!.parameters!['gain'], 0);
});

t.test('values that are set while the graph is edited stay, in the task and in the store', async (t) => {
  await domain.create('busy');
  await domain.call('PATCH', '/v1/tasks/busy/transport', { play: true });
  const edits = Array.from({ length: 8 }, (_, i) =>
    domain.call('POST', '/v1/tasks/busy/edits', {
      edits: [{ op: 'put', part: 'buses', name: `b${i}`, value: { inputChannels: 1 } }],
    }),
  );
  const sets = Array.from({ length: 24 }, (_, i) =>
    domain.call('PATCH', '/v1/tasks/busy/parameters', {
      changes: [{ instance: i % 2 ? 'gain' : 'tone', parameter: i % 2 ? 'gain' : 'level', value: -30 - i }],
    }),
  );
  for (const { status } of await Promise.all([...edits, ...sets])) t.equal(status, 200);
  const { task, revision } = (await domain.call('GET', '/v1/tasks/busy')).body;
  t.equal(revision, 9);
  t.equal(Object.keys(task.buses).length, 8);
  const stored = openSqliteStore(join(domain.dataDir, 'domain.db'));
  t.teardown(() => stored.close());
  // The stored task is the one that is read, once its writes are done.
  for (;;) {
    const entry = await stored.get<{ graph: unknown }>('task/main/busy');
    if (JSON.stringify(entry?.value.graph) === JSON.stringify(task)) break;
    await sleep(20);
  }
  t.ok(task.instances.gain.parameters.gain <= -31 && task.instances.tone.parameters.level <= -30);
});
