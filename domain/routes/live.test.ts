import { connect } from 'node:net';
import { once } from 'node:events';
import type { ErrorCode, LiveMessage, ParameterChange } from '@audiocloud/api';
import t from 'tap';
import { LiveClient } from '../testing/live-client.ts';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);
const url = (id: string) => `${domain.url.replace('http', 'ws')}/v1/tasks/${id}/live`;
const gain = (value: number): ParameterChange => ({ instance: 'gain', parameter: 'gain', value });
type Numbered = Extract<LiveMessage, { type: 'changed' | 'edited' | 'state' | 'deleted' }>;
const eventsOf = (live: LiveClient) =>
  live.messages.filter((m): m is Numbered => 'sequence' in m && !('id' in m) && m.type !== 'snapshot');

/** The HTTP answer to an upgrade that is refused. */
async function refusedUpgrade(path: string, headers: Record<string, string> = {}) {
  const { host, port } = new URL(domain.url);
  const socket = connect(Number(port), '127.0.0.1');
  const lines = Object.entries({
    host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body || '{}') as { code?: ErrorCode } };
}

t.test('what is refused is refused before the upgrade', async (t) => {
  await domain.create('open');
  t.match(await refusedUpgrade('/v1/tasks/none/live'), { status: 404, body: { code: 'TASK_UNKNOWN' } });
  t.match(await refusedUpgrade('/v1/tasks/no%20way/live'), { status: 400, body: { code: 'ID_INVALID' } });
  t.match(await refusedUpgrade('/v1/nothing'), { status: 404, body: { code: 'ROUTE_UNKNOWN' } });
  const forbidden = { status: 403, body: { code: 'ORIGIN_FORBIDDEN' } };
  for (const origin of ['http://evil.example', 'null', `https://evil.example:${new URL(domain.url).port}`])
    t.match(await refusedUpgrade('/v1/tasks/open/live', { origin }), forbidden, origin);
  // A name that was made to point here would make any page one of ours.
  t.match(
    await refusedUpgrade('/v1/tasks/open/live', { origin: 'http://evil.example', host: 'evil.example' }),
    forbidden,
  );
  await domain.refused('REQUEST_INVALID', 'GET', '/v1/tasks/open/live');
});

t.test('the page of the domain itself is let in', async (t) => {
  const live = await LiveClient.open(url('open'), { origin: domain.url });
  t.equal((await live.next('snapshot')).revision, 1);
  live.close();
});

t.test('a snapshot comes first, then an answer to every request, in their order', async (t) => {
  await domain.create('answers');
  const live = await domain.live('answers');
  for (const text of [
    '{',
    '[]',
    'null',
    '7',
    '{"type":"set"}',
    '{"type":"dance","id":"x"}',
    '{"type":"ping","id":1,"extra":1}',
  ])
    live.socket.send(text);
  live.socket.send(new Uint8Array([1, 2, 3]));
  live.socket.send('{"type":"set","id":"no such","changes":[{"instance":"ghost","parameter":"gain","value":1}]}');
  live.socket.send('{"type":"ping","id":"last"}');
  await live.next('ack', ({ id }) => id === 'last');
  t.equal(live.messages[0]?.type, 'snapshot');
  t.same(
    live.messages.flatMap((m) =>
      m.type === 'error' ? [[m.id, m.error.code]] : m.type === 'ack' ? [[m.id, 'ack']] : [],
    ),
    [
      [null, 'MESSAGE_INVALID'],
      [null, 'MESSAGE_INVALID'],
      [null, 'MESSAGE_INVALID'],
      [null, 'MESSAGE_INVALID'],
      [null, 'MESSAGE_INVALID'],
      ['x', 'MESSAGE_INVALID'],
      [1, 'MESSAGE_INVALID'],
      [null, 'MESSAGE_INVALID'],
      ['no such', 'NODE_UNKNOWN'],
      ['last', 'ack'],
    ],
  );
  t.equal(live.closed, undefined, 'and the socket stays');
});

t.test('every client sees the changes of all others and of REST, with the same numbers', async (t) => {
  await domain.create('shared');
  const [one, two] = [await domain.live('shared'), await domain.live('shared')];
  await Promise.all([one.next('snapshot'), two.next('snapshot')]);
  await one.ack({ type: 'transport', change: { play: true } });
  const set = await one.ack({ type: 'set', changes: [gain(-6)] });
  t.type(set.frame, 'number');
  await domain.call('PATCH', '/v1/tasks/shared/parameters', { changes: [gain(-9)] });
  const bus = { op: 'put' as const, part: 'buses' as const, name: 'aux', value: { inputChannels: 2 } };
  const edit = await two.ack({ type: 'edit', edits: [bus], revision: 1 });
  t.equal(edit.revision, 2);
  await domain.call('POST', '/v1/tasks/shared/edits', { edits: [{ op: 'remove', part: 'buses', name: 'aux' }] });
  const stale = await two.ask({ type: 'edit', edits: [bus], revision: 1 });
  t.match(stale, { type: 'error', error: { code: 'REVISION_CONFLICT' } });
  for (const live of [one, two]) await live.next('edited', ({ revision }) => revision === 3);
  t.same(eventsOf(one), eventsOf(two));
  t.match(
    eventsOf(one).filter(({ type }) => type !== 'state'),
    [
      { type: 'changed', frame: set.frame, changes: [gain(-6)], sequence: set.sequence },
      { type: 'changed', changes: [gain(-9)] },
      { type: 'edited', revision: 2, edits: [bus] },
      { type: 'edited', revision: 3 },
    ],
  );
  const first = one.messages.find((m) => m.type === 'snapshot')!;
  t.same(
    eventsOf(one).map(({ sequence }) => sequence - first.sequence),
    eventsOf(one).map((_, i) => i + 1),
    'without gaps',
  );
  t.ok(
    eventsOf(one).some((e) => e.type === 'state' && e.state.state === 'playing'),
    'play is told',
  );
});

t.test('after a drop the events that were missed are sent, or a snapshot where they are gone', async (t) => {
  await domain.create('dropped');
  const before = await domain.live('dropped');
  const { sequence } = await before.next('snapshot');
  await before.ack({ type: 'set', changes: [gain(-1)] });
  before.close();
  await domain.call('PATCH', '/v1/tasks/dropped/parameters', { changes: [gain(-2)] });

  const after = await domain.live('dropped');
  t.equal((await after.next('snapshot')).sequence, sequence + 2);
  await after.ack({ type: 'resume', sequence: sequence + 1 });
  t.match(eventsOf(after), [{ type: 'changed', sequence: sequence + 2, changes: [gain(-2)] }]);
  const place = after.messages.length;
  await after.ack({ type: 'resume', sequence: 12 });
  const again = await after.next('snapshot', undefined, place);
  t.equal(again.sequence, sequence + 2);
  t.equal(again.task.instances?.['gain']?.parameters?.['gain'], -2);

  // What events cannot tell is told by a snapshot, to whoever was there and to whoever comes back.
  await domain.call('PUT', '/v1/tasks/dropped', { ...toneTask, name: 'Another' });
  const told = await after.next('snapshot', ({ revision }) => revision === 2);
  t.equal(told.task.name, 'Another');
  t.ok(told.sequence > sequence + 2);
  const here = after.messages.length;
  await after.ack({ type: 'resume', sequence: sequence + 2 });
  await after.next('snapshot', undefined, here);
});

t.test('meters come while it plays and can be turned off', async (t) => {
  await domain.create('metered');
  const live = await domain.live('metered');
  await live.ack({ type: 'transport', change: { play: true } });
  const { meters } = await live.next('meters', ({ meters }) => (meters.meters['out']?.peak[0] ?? 0) > 0);
  // The tone stands at -18 dB full scale by default.
  t.ok(Math.abs(20 * Math.log10(meters.meters['out']!.peak[0]!) + 18) < 0.1);
  await live.ack({ type: 'meters', on: false });
  const place = live.messages.length;
  const other = await domain.live('metered');
  for (let i = 0, from = 0; i < 5; i++) {
    const message = await other.next('meters', undefined, from);
    from = other.messages.indexOf(message) + 1;
  }
  t.notOk(live.messages.slice(place).some(({ type }) => type === 'meters'));
});

t.test('a stream is packets without gaps, in the format that is wanted, until it is ended', async (t) => {
  await domain.create('heard');
  const live = await domain.live('heard');
  t.match(await live.ask({ type: 'listen', node: 'ghost', format: 's16' }), { error: { code: 'NODE_UNKNOWN' } });
  await live.ack({ type: 'listen', node: 'out', format: 's16' });
  await live.ack({ type: 'transport', change: { play: true } });
  await live.until(() => live.packets.length >= 5, 'five packets');
  const packets = [...live.packets];
  t.equal(packets[0]!.streamFrame, 0, 'from the first frame');
  t.ok(packets.every(({ format, channels }) => format === 's16' && channels === 2));
  for (const [i, packet] of packets.entries())
    if (i > 0) t.equal(packet.streamFrame, packets[i - 1]!.streamFrame + packets[i - 1]!.frames);
  await live.ack({ type: 'listen', format: 'f32' });
  await live.until(() => live.packets.at(-1)?.format === 'f32', 'floats');
  await live.ack({ type: 'unlisten' });
  await live.ack({ type: 'ping' });
  const count = live.packets.length;
  const other = await domain.live('heard');
  await other.next('meters', ({ meters }) => meters.streamFrame > 0);
  await live.ack({ type: 'ping' });
  t.ok(live.packets.length <= count + 1, 'no more than one that was on its way');
});

t.test('a flood is answered whole, and the last value wins', async (t) => {
  await domain.create('flooded');
  const live = await domain.live('flooded');
  const count = 2_000;
  for (let i = 1; i <= count; i++)
    live.socket.send(JSON.stringify({ type: 'set', id: `f${i}`, changes: [gain(-i / 100)] }));
  await live.next('ack', ({ id }) => id === `f${count}`);
  const acks = live.messages.filter((m) => m.type === 'ack').map(({ id }) => id);
  t.same(
    acks,
    Array.from({ length: count }, (_, i) => `f${i + 1}`),
  );
  t.equal((await domain.call('GET', '/v1/tasks/flooded')).body.task.instances.gain.parameters.gain, -count / 100);
});

t.test('a message that is too large ends only its own socket', async (t) => {
  const [large, small] = [await domain.live('open'), await domain.live('open')];
  large.socket.send('x'.repeat(5 * 1024 * 1024));
  t.equal((await large.until(() => large.closed, 'the end')).code, 1009);
  await small.ack({ type: 'ping' });
});

t.test('counters come once a second to who wants them, and to nobody else', async (t) => {
  await domain.create('counted');
  const [wants, does] = [await domain.live('counted'), await domain.live('counted')];
  await wants.ack({ type: 'counters', on: true });
  await wants.ack({ type: 'transport', change: { play: true } });
  const first = await wants.next('counters', ({ counters }) => counters.task.blocks > 0);
  const later = await wants.next('counters', ({ counters }) => counters.task.blocks > first.counters.task.blocks);
  const { task, thread, device } = later.counters;
  t.ok(task.blockMs.count === task.blocks && task.blocks <= thread.blocks && device.blocks > 0);
  t.match(thread.name, /^render /);
  await wants.ack({ type: 'counters', on: false });
  const before = wants.messages.length;
  await does.ack({ type: 'counters', on: true });
  const last = await does.next('counters', ({ counters }) => counters.device.blocks > device.blocks);
  await does.next('counters', ({ counters }) => counters.device.blocks > last.counters.device.blocks);
  await wants.ack({ type: 'ping' });
  t.notOk(wants.messages.slice(before).some(({ type }) => type === 'counters'));
  await does.ack({ type: 'transport', change: { play: false } });
});

t.test('everybody sees who is on the task, under which name, and where their hands are', async (t) => {
  await domain.create('present');
  const one = await domain.live('present');
  const own = await one.next('snapshot');
  t.match(own.presence, [{ session: own.session, principal: 'anybody', permissions: own.permissions, touches: [] }]);
  t.ok(own.permissions.includes('parameters'));
  const two = await domain.live('present');
  const { session, presence } = await two.next('snapshot');
  t.same(
    presence.map((there) => there.session),
    [own.session, session],
  );
  await two.ack({ type: 'present', name: 'Bea' });
  await one.next('presence', ({ present }) =>
    present.some((there) => there.session === session && there.name === 'Bea'),
  );
  await two.ack({ type: 'touch', instance: 'gain', parameter: 'gain', seconds: 30 });
  const { present } = await one.next('presence', (message) =>
    message.present.some(({ touches }) => touches.length > 0),
  );
  t.match(present, [{ session, name: 'Bea', touches: [{ instance: 'gain', parameter: 'gain' }] }]);
  const from = one.messages.length;
  await two.ack({ type: 'touch', instance: 'gain', parameter: 'gain', seconds: 0 });
  t.match((await one.next('presence', undefined, from)).present, [{ session, touches: [] }]);
  two.close();
  await one.next('presence', ({ left }) => left.includes(session));
});

t.test('an event says which session asked for it, or which request', async (t) => {
  await domain.create('origins');
  const live = await domain.live('origins');
  const { session } = await live.next('snapshot');
  await live.ack({ type: 'set', changes: [gain(-1)] });
  await live.ack({ type: 'edit', edits: [{ op: 'loop', loop: { startSeconds: 0, endSeconds: 1 } }] });
  await live.ack({ type: 'transport', change: { positionSeconds: 1 } });
  const { headers } = await domain.call('PATCH', '/v1/tasks/origins/parameters', { changes: [gain(-2)] });
  await live.next('changed', ({ changes }) => changes[0]!.value === -2);
  const origins = eventsOf(live).flatMap(({ type, origin }) => (origin === undefined ? [] : [[type, origin]]));
  t.same(origins, [
    ['changed', session],
    ['edited', session],
    ['state', session],
    ['changed', headers.get('x-request-id')],
  ]);
});

t.test('a request with a key has one effect, on this socket and on the next', async (t) => {
  await domain.create('keyed');
  const live = await domain.live('keyed');
  const bus = (name: string) => ({ op: 'put' as const, part: 'buses' as const, name, value: { inputChannels: 2 } });
  const edit = { type: 'edit' as const, edits: [bus('one')], revision: 1, key: 'keyed-1' };
  t.equal((await live.ack(edit)).revision, 2);
  t.equal((await live.ack(edit)).revision, 2);
  const next = await domain.live('keyed');
  t.equal((await next.ack(edit)).revision, 2);
  t.match(await next.ask({ ...edit, edits: [bus('two')] }), { error: { code: 'IDEMPOTENCY_KEY_USED' } });
  const transport = { type: 'transport' as const, change: { positionSeconds: 3 }, key: 'keyed-2' };
  await live.ack(transport);
  await live.ack({ type: 'transport', change: { positionSeconds: 5 } });
  await next.ack(transport);
  const { state } = (await domain.call('GET', '/v1/tasks/keyed')).body;
  t.equal(state.transport.positionFrames, 5 * 48_000, 'what came since stays');
});

t.test('what comes while sets are under way is carried out behind them, in its order', async (t) => {
  await domain.create('ordered');
  const live = await domain.live('ordered');
  const send = (type: string, id: string, more: object) => live.socket.send(JSON.stringify({ type, id, ...more }));
  const bus = { op: 'put', part: 'buses', name: 'x', value: { inputChannels: 2 } };
  for (let round = 0; round < 20; round++) {
    for (let i = 1; i <= 5; i++) send('set', `${round} set ${i}`, { changes: [gain(-round - i / 10)] });
    send('edit', `${round} edit`, { edits: [round % 2 === 0 ? bus : { op: 'remove', part: 'buses', name: 'x' }] });
    send('set', `${round} bad`, { changes: [gain(1e9)] });
  }
  await live.next('error', ({ id }) => id === '19 bad');
  const answers = live.messages.filter((m) => m.type === 'ack' || m.type === 'error').map(({ type, id }) => [type, id]);
  const wanted = Array.from({ length: 20 }, (_, round) => [
    ...[1, 2, 3, 4, 5].map((i) => ['ack', `${round} set ${i}`]),
    ['ack', `${round} edit`],
    ['error', `${round} bad`],
  ]).flat();
  t.same(answers, wanted);
  const values = eventsOf(live).flatMap((event) =>
    event.type === 'changed' ? event.changes.map(({ value }) => value) : event.type === 'edited' ? ['edit'] : [],
  );
  for (let round = 0; round < 20; round++) {
    const edit = values.indexOf('edit');
    t.equal(values[edit - 1], -round - 0.5, `the last value before edit ${round}`);
    values.splice(0, edit + 1);
  }
});
