import { once } from 'node:events';
import { check, type DomainEvent, EventMessage, EventPage } from '@audiocloud/api';
import t from 'tap';
import { WebSocket } from 'ws';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);
const newest = async (): Promise<number> => (await domain.call('GET', '/v1/events?limit=1')).body.newest;
const eventsOf = async (id: string): Promise<DomainEvent[]> => {
  const { body } = await domain.call('GET', `/v1/tasks/${id}/events?limit=1000`);
  return check(EventPage, body, 'the page', 'MESSAGE_INVALID').events;
};

t.test('every change of a task is an event, with who asked for it', async (t) => {
  const start = await newest();
  const asked = (key: string) => ({ 'idempotency-key': key });
  const created = await domain.call('POST', '/v1/tasks', { id: 'told', task: toneTask }, asked('told-1'));
  t.equal(created.status, 201);
  const edits = [{ op: 'put', part: 'instances', name: 'more', value: { model: 'audiocloud:gain' } }];
  await domain.call('POST', '/v1/tasks/told/edits', { edits });
  await domain.refused('NODE_UNKNOWN', 'POST', '/v1/tasks/told/edits', {
    edits: [{ op: 'remove', part: 'instances', name: 'none' }],
  });
  await domain.call('PUT', '/v1/tasks/told', toneTask);
  await domain.call('PATCH', '/v1/tasks/told/transport', { positionSeconds: 3 });
  await domain.call('PATCH', '/v1/tasks/told/parameters', {
    changes: [{ instance: 'gain', parameter: 'gain', value: -3 }],
  });
  const live = await domain.live('told');
  await live.ack({ type: 'transport', change: { loop: { startSeconds: 0, endSeconds: 1 } } });
  live.close();
  await domain.call('DELETE', '/v1/tasks/told');
  const events = (await eventsOf('told')).filter(({ number }) => number > start);
  t.match(
    events.map(({ type, data }) => [type, data]),
    [
      ['task.created', { revision: 1 }],
      ['task.edited', { revision: 2, edits: 1 }],
      ['task.replaced', { revision: 3 }],
      ['task.transport', { change: { positionSeconds: 3 }, positionSeconds: 3 }],
      ['task.transport', { change: { loop: { startSeconds: 0, endSeconds: 1 } } }],
      ['task.deleted', { revision: 3 }],
    ],
  );
  t.same(events[0]!.by, { request: created.headers.get('x-request-id'), idempotencyKey: 'told-1' });
  for (const { by } of events) t.ok(by?.request, 'all name their request');
});

t.test('a task that is not heard, and is heard again, has events', async (t) => {
  await domain.create('plays');
  await domain.call('PATCH', '/v1/tasks/plays/transport', { play: true });
  const { pid } = (await domain.call('GET', '/v1/engines')).body.engines[0];
  process.kill(pid, 'SIGKILL');
  let events: DomainEvent[] = [];
  while (!events.some(({ type }) => type === 'task.recovered')) events = await eventsOf('plays');
  t.match(events.slice(-2), [
    { type: 'task.failed', data: { error: { code: 'ENGINE_UNAVAILABLE' } } },
    { type: 'task.recovered', data: {} },
  ]);
  const page = (await domain.call('GET', `/v1/events?after=${events[0]!.number}&type=engine.down,engine.up`)).body;
  t.match(
    page.events.map(({ type }: DomainEvent) => type),
    ['engine.down', 'engine.up'],
  );
});

t.test('pages are read with a cursor, by type and by task', async (t) => {
  await domain.create('paged');
  for (let i = 1; i <= 5; i++) await domain.call('PATCH', '/v1/tasks/paged/transport', { positionSeconds: i });
  const found: number[] = [];
  for (let after = 0; ; ) {
    const query = `task=paged&type=task.transport&limit=2&after=${after}`;
    const page = (await domain.call('GET', `/v1/events?${query}`)).body as EventPage;
    t.ok(page.events.length <= 2);
    for (const event of page.events) if (event.type === 'task.transport') found.push(event.data.positionSeconds);
    after = page.next;
    if (after === page.newest) break;
  }
  t.same(found, [1, 2, 3, 4, 5]);
  t.match((await domain.call('GET', '/v1/tasks/nobody/events')).body.events, []);
  for (const query of ['type=task.sneezed', 'after=-1', 'limit=0', 'limit=1001'])
    await domain.refused('REQUEST_INVALID', 'GET', `/v1/events?${query}`);
  await domain.refused('REQUEST_INVALID', 'GET', '/v1/events/live');
});

t.test('the socket sends what is kept, then what happens', async (t) => {
  await domain.create('followed');
  const [first] = await eventsOf('followed');
  const after = first!.number - 1;
  const socket = new WebSocket(`${domain.url.replace('http', 'ws')}/v1/events/live?after=${after}&task=followed`);
  t.teardown(() => socket.terminate());
  const messages: EventMessage[] = [];
  socket.on('message', (data) => messages.push(check(EventMessage, JSON.parse(String(data)), 'it', 'MESSAGE_INVALID')));
  await once(socket, 'open');
  await domain.call('PATCH', '/v1/tasks/followed/transport', { positionSeconds: 1 });
  await domain.call('DELETE', '/v1/tasks/followed');
  while (messages.length < 4) await once(socket, 'message');
  t.match(messages, [
    { type: 'log', newest: Number },
    { type: 'event', event: { type: 'task.created', task: 'followed' } },
    { type: 'event', event: { type: 'task.transport' } },
    { type: 'event', event: { type: 'task.deleted' } },
  ]);
});
