import t from 'tap';
import { sharedKnownDomain } from '../testing/known-domain.ts';
import { LiveClient } from '../testing/live-client.ts';
import { toneTask } from '../testing/test-domain.ts';

const domain = await sharedKnownDomain(t);
const { administrator } = domain;
const everything = ['read', 'structure', 'media', 'parameters', 'transport', 'audio'] as const;
const secrets: Record<string, string> = {};
for (const id of ['blue', 'red']) {
  await domain.as(administrator)('POST', '/v1/applications', { id, name: id });
  secrets[id] = (await domain.key({ application: id, permissions: [...everything] })).secret;
}
const url = (id: string) => `${domain.url.replace('http', 'ws')}/v1/tasks/${id}/live`;
const call = (application: string) => domain.as(secrets[application]!);

/** The tone in both, of one id, at a level of its own. */
const toneAt = (level: number) => ({
  ...toneTask,
  instances: { ...toneTask.instances, tone: { model: 'audiocloud:tone', parameters: { level } } },
});

/** The largest sample of half a second of sound. */
async function peakOf(client: LiveClient): Promise<number> {
  const { length } = client.packets;
  const heard = await client.until(() => {
    const packets = client.packets.slice(length + 2);
    return packets.reduce((sum, { frames }) => sum + frames, 0) > 24_000 && packets;
  }, 'half a second of sound');
  return Math.max(...heard.flatMap(({ samples }) => [...samples].map(Math.abs)));
}

t.test('two applications have a task of the same id, each sounds as its own', async (t) => {
  t.equal((await call('blue')('POST', '/v1/tasks', { id: 'song', task: toneAt(-6) })).status, 201);
  t.equal((await call('red')('POST', '/v1/tasks', { id: 'song', task: toneAt(-26) })).status, 201);
  t.match((await call('blue')('POST', '/v1/tasks', { id: 'song', task: toneTask })).body, { code: 'TASK_EXISTS' });
  const clients: Record<string, LiveClient> = {};
  for (const application of ['blue', 'red']) {
    clients[application] = await LiveClient.open(url('song'), domain.headers(secrets[application]));
    await clients[application].ack({ type: 'listen', format: 'f32' });
    await clients[application].ack({ type: 'transport', change: { play: true } });
  }
  const [blue, red] = [await peakOf(clients['blue']!), await peakOf(clients['red']!)];
  t.ok(Math.abs(20 * Math.log10(blue) + 6) < 0.1, `blue peaks at ${20 * Math.log10(blue)} dB, wanted -6`);
  t.ok(Math.abs(20 * Math.log10(red) + 26) < 0.1, `red peaks at ${20 * Math.log10(red)} dB, wanted -26`);

  await t.test('a tone in one is silence in the other', async (t) => {
    await clients['red']!.ack({ type: 'set', changes: [{ instance: 'tone', parameter: 'level', value: -120 }] });
    const quiet = clients['red']!.packets.length;
    await clients['red']!.until(() => clients['red']!.packets.length > quiet + 30, 'packets after the change');
    t.ok((await peakOf(clients['red']!)) < 1e-5, 'nothing of blue is in red');
    t.ok((await peakOf(clients['blue']!)) > 0.4, 'blue goes on');
    const { body } = await call('blue')('GET', '/v1/tasks/song');
    t.equal(body.task.instances.tone.parameters.level, -6, 'what red set is not in blue');
  });

  await t.test('what one does, the other is not told', async (t) => {
    const from = clients['red']!.messages.length;
    await clients['blue']!.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -1 }] });
    await clients['red']!.ack({ type: 'ping' });
    t.same(
      clients['red']!.messages.slice(from).filter(({ type }) => type === 'changed'),
      [],
    );
    const events = (await call('red')('GET', '/v1/tasks/song/events')).body.events;
    t.same([...new Set(events.map((event: { application: string }) => event.application))], ['red']);
    const { body } = await call('red')('GET', '/v1/engines');
    for (;;) {
      const counters = await call('red')('GET', `/v1/engines/${body.engines[0].id}/counters`);
      if (counters.status !== 200) continue;
      t.same(Object.keys(counters.body.tasks), ['song'], 'of its own tasks only, under their ids');
      break;
    }
  });

  await t.test('one is deleted, the other plays on', async (t) => {
    t.equal((await call('red')('DELETE', '/v1/tasks/song')).status, 204);
    t.ok((await peakOf(clients['blue']!)) > 0.4);
    t.match(await call('red')('GET', '/v1/tasks/song'), { status: 404 });
  });
  for (const client of Object.values(clients)) client.close();
});

t.test('nobody listens to what is not its own', async (t) => {
  await t.rejects(LiveClient.open(url('song'), domain.headers(secrets['red'])), /404/);
  const { secret } = await domain.key({ application: 'blue', permissions: ['read', 'transport'] });
  const client = await LiveClient.open(url('song'), domain.headers(secret));
  t.match(await client.ask({ type: 'listen', format: 'f32' }), { error: { code: 'PERMISSION_DENIED' } });
  t.same(client.packets, []);
  client.close();
});

t.test('two applications never meet in an idempotency key', async (t) => {
  const headers = { 'idempotency-key': 'one' };
  const body = { id: 'keyed', task: toneTask };
  const blue = await call('blue')('POST', '/v1/tasks', body, headers);
  t.equal(blue.status, 201);
  t.match(await call('blue')('POST', '/v1/tasks', body, headers), { status: 201, body: blue.body });
  t.equal((await call('red')('POST', '/v1/tasks', { ...body, id: 'other' }, headers)).status, 201, 'a key of its own');
  t.same(
    (await call('red')('GET', '/v1/tasks')).body.tasks.map(({ id }: { id: string }) => id),
    ['other'],
  );
});

t.test('an application goes when nothing of it is left, and its keys with it', async (t) => {
  const admin = domain.as(administrator);
  t.match(await admin('DELETE', '/v1/applications/red'), { status: 409, body: { code: 'APPLICATION_IN_USE' } });
  t.equal((await call('red')('DELETE', '/v1/tasks/other')).status, 204);
  t.equal((await admin('DELETE', '/v1/applications/red')).status, 202);
  t.match(await call('red')('GET', '/v1/tasks'), { status: 401, body: { code: 'UNAUTHENTICATED' } });
  t.match(await admin('DELETE', '/v1/applications/main'), { status: 409 });
  await admin('POST', '/v1/applications', { id: 'red', name: 'Red again' });
  t.match(await call('red')('GET', '/v1/tasks'), { status: 401 }, 'its keys do not come back with the name');
});
