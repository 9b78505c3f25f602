import { setTimeout as sleep } from 'node:timers/promises';
import {
  Availability,
  check,
  type DomainEvent,
  MaintenanceCreated,
  MaintenanceList,
  Reservation,
  ReservationPage,
  ReservationRights,
  type Task,
} from '@audiocloud/api';
import t from 'tap';
import { DEFAULT_BOOKING } from '../booking/booking-settings.ts';
import { sharedStudioDomain, UNITS } from '../testing/studio-domain.ts';
import { toneTask } from '../testing/test-domain.ts';

const MODEL = 'generic:line-preamp';
const [one, two, three] = UNITS as [string, string, string];
const domain = await sharedStudioDomain(t);
const { call, refused } = domain;

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
const any = { x: { any: MODEL } };
const reserve = async (body: object, query = '') => {
  const answer = await call('POST', `/v1/reservations${query}`, body);
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return check(Reservation, answer.body, 'the reservation', 'MESSAGE_INVALID');
};
const cancel = async ({ id }: Reservation) => t.equal((await call('DELETE', `/v1/reservations/${id}`)).status, 200);

t.test('a reservation is made, read, changed, listed and cancelled, with revisions and keys', async (t) => {
  const asked = { from: inMinutes(60), to: inMinutes(90), task: 'mix', instances: { x: { fixed: one } } };
  const dry = await reserve(asked, '?dryRun=true');
  await refused('RESERVATION_UNKNOWN', 'GET', `/v1/reservations/${dry.id}`);
  const key = { 'idempotency-key': 'reserve-1' };
  const made = await call('POST', '/v1/reservations', asked, key);
  const { id } = made.body;
  t.same([made.status, made.headers.get('location'), made.headers.get('etag')], [201, `/v1/reservations/${id}`, '"1"']);
  t.same({ ...made.body, id: dry.id }, dry, 'as the dry run said');
  t.same((await call('POST', '/v1/reservations', asked, key)).body, made.body, 'the same key has one effect');
  t.match(made.body, { ...asked, application: 'main', state: 'planned', graceSeconds: 0, units: { x: one } });
  t.match(await refused('RESERVATION_CONFLICT', 'POST', '/v1/reservations', asked), { message: /for task mix/ });

  const url = `/v1/reservations/${id}`;
  const later = inMinutes(100);
  t.match((await call('PATCH', `${url}?dryRun=true`, { to: later })).body, { to: later, revision: 2 });
  const changed = await call('PATCH', url, { to: later, task: null }, { 'if-match': '"1"' });
  t.same(
    [changed.status, changed.body.to, changed.body.task, changed.headers.get('etag')],
    [200, later, undefined, '"2"'],
  );
  await refused('REVISION_CONFLICT', 'PATCH', url, { to: later }, { 'if-match': '"1"' });
  await refused('REVISION_CONFLICT', 'DELETE', url, undefined, { 'if-match': '"1"' });
  t.same((await call('GET', url)).body, changed.body);

  const page = async (query: string) =>
    check(ReservationPage, (await call('GET', `/v1/reservations?${query}`)).body, 'it', 'MESSAGE_INVALID').reservations;
  t.same(await page(`unit=${one}&state=planned`), [changed.body]);
  t.same(await page(`from=${inMinutes(200)}`), []);
  t.same(await page(`model=${MODEL}&state=planned&to=${inMinutes(95)}&limit=1`), [changed.body]);
  await refused('REQUEST_INVALID', 'GET', '/v1/reservations?limit=0');
  await refused('REQUEST_INVALID', 'GET', '/v1/reservations?from=tomorrow');

  t.match((await call('DELETE', `${url}?dryRun=true`)).body, { state: 'cancelled' });
  t.match((await call('DELETE', url)).body, { state: 'cancelled', revision: 3 });
  await refused('RESERVATION_OVER', 'DELETE', url);
  await refused('RESERVATION_UNKNOWN', 'DELETE', '/v1/reservations/reservation-000000000000');
  await refused('RESERVATION_UNKNOWN', 'POST', `${url}/accept`, {});
  await refused('ID_INVALID', 'GET', '/v1/reservations/none');
  const { events } = (await call('GET', '/v1/events?limit=1000')).body;
  const own = events.filter(({ data }: DomainEvent) => 'reservation' in data && data.reservation === id);
  t.match(own, [
    { type: 'reservation.created', task: 'mix', by: { idempotencyKey: 'reserve-1' }, data: { units: [one] } },
    { type: 'reservation.changed', data: { revision: 2, to: later } },
    { type: 'reservation.cancelled' },
  ]);
});

t.test('what is no reservation is refused', async () => {
  const to = inMinutes(60);
  const bad = (body: object) => refused('REQUEST_INVALID', 'POST', '/v1/reservations', body);
  await bad({ to, instances: {} });
  await bad({ to, instances: { x: { fixed: 'maker' } } });
  await bad({ to, instances: { x: { fixed: one, any: MODEL } } });
  await bad({ to: '2027-01-01', instances: any });
  await bad({ to: '1027-01-01T00:00:00Z', instances: any });
  await bad({ to, instances: any, surprise: 1 });
  const past = { from: '2020-01-01T00:00:00Z', to, instances: any };
  await refused('RESERVATION_TIME', 'POST', '/v1/reservations', past);
  await refused('RESERVATION_TIME', 'POST', '/v1/reservations?dryRun=true', past);
});

t.test('free time is found, and is free', async (t) => {
  const made = await reserve({ from: inMinutes(60), to: inMinutes(90), instances: { x: { fixed: two } } });
  const free = async (query: string) =>
    check(Availability, (await call('GET', `/v1/availability?${query}`)).body, 'it', 'MESSAGE_INVALID').units;
  const until = inMinutes(120);
  const between = `from=${inMinutes(30)}&to=${until}`;
  const [slots] = (await free(`unit=${two}&${between}&leastSeconds=600`)).map((unit) => unit.slots);
  t.match(slots, [{ to: made.from }, { from: made.to, to: until }]);
  t.same(await free(`unit=${two}&${between}&leastSeconds=1801`), [{ unit: two, slots: [] }]);
  t.same(
    (await free(`model=${MODEL}&${between}`)).map(({ unit, slots }) => [unit, slots.length]),
    [
      [one, 1],
      [two, 2],
      [three, 1],
    ],
  );
  await cancel(await reserve({ ...slots![1], instances: { x: { fixed: two } } }));
  await cancel(made);
  await refused('REQUEST_INVALID', 'GET', `/v1/availability?${between}`);
  await refused('REQUEST_INVALID', 'GET', `/v1/availability?unit=${two}&model=${MODEL}&${between}`);
  await refused('FIXED_INSTANCE_UNKNOWN', 'GET', `/v1/availability?unit=${MODEL}:none&${between}`);
  await refused('MODEL_UNKNOWN', 'GET', `/v1/availability?model=generic:none&${between}`);
  await refused('RESERVATION_TIME', 'GET', `/v1/availability?unit=${two}&from=${until}&to=${inMinutes(1)}`);
});

t.test('maintenance is planned, listed and called off, and rights are given', async (t) => {
  const asked = { unit: three, from: inMinutes(10), to: inMinutes(20), reason: 'new valves' };
  const dry = await call('POST', '/v1/maintenance?dryRun=true', asked);
  t.equal(dry.status, 201);
  const made = await call('POST', '/v1/maintenance', asked);
  const { id, disturbed } = check(MaintenanceCreated, made.body, 'it', 'MESSAGE_INVALID');
  t.same([made.status, disturbed], [201, []]);
  const during = { from: inMinutes(15), to: inMinutes(30), instances: { x: { fixed: three } } };
  t.match(await refused('RESERVATION_CONFLICT', 'POST', '/v1/reservations', during), { message: /new valves/ });
  const list = check(MaintenanceList, (await call('GET', '/v1/maintenance')).body, 'it', 'MESSAGE_INVALID');
  t.same(list.maintenance, [{ id, ...asked }]);
  t.equal((await call('DELETE', `/v1/maintenance/${id}`)).status, 204);
  await refused('MAINTENANCE_UNKNOWN', 'DELETE', `/v1/maintenance/${id}`);

  const rights = { units: [one], mostAtOnce: 1 };
  const url = '/v1/reservation-rights/main';
  const set = check(ReservationRights, (await call('PUT', url, rights)).body, 'it', 'MESSAGE_INVALID');
  t.match(set, { ...rights, longestSeconds: DEFAULT_BOOKING.limits.longestSeconds });
  t.same((await call('GET', url)).body, set);
  await refused('RESERVATION_FORBIDDEN', 'POST', '/v1/reservations', during);
  await call('PUT', url, {});
  await refused('REQUEST_INVALID', 'PUT', url, { mostAtOnce: -1 });
});

const withPreamp = (unit: string): Task => ({
  ...toneTask,
  instances: { ...toneTask.instances, preamp: { model: MODEL, fixed: unit } },
});
const play = (id: string, isOn = true) => call('PATCH', `/v1/tasks/${id}/transport`, { play: isOn });
const isPlaying = async (id: string) => (await call('GET', `/v1/tasks/${id}`)).body.state.transport?.playing;
const until = async (isSo: () => Promise<unknown>) => {
  while (!(await isSo())) await sleep(20);
};
const eventsOf = async (id: string) => (await call('GET', `/v1/tasks/${id}/events`)).body.events;
const stopOf = async (id: string) =>
  (await eventsOf(id)).findLast(({ data }: { data: { error?: object } }) => data.error);

t.test('a reservation that begins stops whoever plays without one; at its end its own task stops', async (t) => {
  for (const id of ['other', 'mine']) t.equal((await domain.create(id, withPreamp(two))).status, 201);
  await play('other');
  await until(() => isPlaying('other'));
  const to = new Date(Date.now() + 3_000).toISOString();
  const { id, state } = await reserve({ to, task: 'mine', instances: { x: { fixed: two } } });
  t.equal(state, 'running');
  await until(async () => !(await isPlaying('other')));
  const stopped = await stopOf('other');
  t.match(stopped.data, { change: { play: false }, error: { code: 'FIXED_INSTANCE_UNAVAILABLE' } });
  t.match(stopped.data.error.message, new RegExp(`${two}: ${id} of yours has it for task mine until ${to}`));
  const refusedPlay = await refused('FIXED_INSTANCE_UNAVAILABLE', 'PATCH', '/v1/tasks/other/transport', { play: true });
  t.match(refusedPlay.message, `until ${to}`);
  t.equal((await play('mine')).status, 200);
  await until(() => isPlaying('mine'));
  const changes = [{ parameter: 'gainDb', value: 6 }];
  t.equal((await call('PATCH', `/v1/instances/${two}/parameters`, { changes })).status, 200, 'an administrator');
  await call('PATCH', `/v1/reservations/${id}`, { task: 'other' });
  await until(async () => !(await isPlaying('mine')));
  t.match((await stopOf('mine')).data.error.message, /for task other until/, 'handed over');
  t.equal((await play('other')).status, 200);
  await until(() => isPlaying('other'));
  t.equal((await call('GET', `/v1/reservations/${id}`)).body.state, 'running');
  await until(async () => !(await isPlaying('other')));
  const [ended, last] = (await eventsOf('other')).slice(-2);
  t.match([ended.type, last.type], ['reservation.ended', 'task.transport']);
  t.ok(ended.timestamp >= to, 'not before its end');
  t.match(last.data.error.message, /its reservation is over/);
  t.equal((await play('other')).status, 200, 'without a reservation');
  for (const task of ['other', 'mine']) await call('DELETE', `/v1/tasks/${task}`);
});

t.test('a task that takes any unit gets the one that it has reserved', async (t) => {
  await domain.create('any', withPreamp('any'));
  const fixed = async () => (await call('GET', '/v1/tasks/any')).body.state.fixed?.preamp;
  await play('any');
  await until(() => isPlaying('any'));
  const first = await fixed();
  await play('any', false);
  await until(async () => (await fixed()) === undefined);
  const wanted = UNITS.find((unit) => unit !== first)!;
  const made = await reserve({ to: inMinutes(10), task: 'any', instances: { preamp: { fixed: wanted } } });
  await play('any');
  await until(() => isPlaying('any'));
  t.equal(await fixed(), wanted, 'not the one that it had');
  await cancel(made);
  await until(async () => !(await isPlaying('any')));
  t.match((await stopOf('any')).data.error.message, `Cannot use ${wanted}: its reservation is over`);
});
