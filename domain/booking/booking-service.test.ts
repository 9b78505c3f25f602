import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import type { Cause } from '../events/cause.ts';
import type { Asker } from './asker.ts';
import type { BookingService } from './booking-service.ts';
import type { ReservationFilter } from './reservation-page.ts';
import { at, decksOf, msAt, openStudio, wish } from './testing/booked-studio.ts';

const blue = { application: 'blue' };
const red = { application: 'red' };
/** Whether a task may use a deck, by the calendar. */
const mayUse = (booking: BookingService, deck: string, who: { application: string; task?: string }, minute: number) =>
  booking.whyNot(`maker:deck:${deck}`, who, msAt(minute)) === undefined;
const nobody = 'reservation-000000000000';

/** The error of what must be refused. */
async function refusal(work: Promise<unknown>): Promise<AudioCloudError> {
  const outcome = await work.then(
    () => undefined,
    (error) => error,
  );
  if (outcome instanceof AudioCloudError) return outcome;
  throw new Error(`it was not refused: ${outcome}`);
}

t.test('two ask for a unit at once: one gets it, the other learns until when', async (t) => {
  const { open } = await openStudio(['a']);
  const booking = await open();
  const asked = await Promise.allSettled([
    booking.create(blue, { ...wish(10, 60, 'a'), task: 'secret' }),
    booking.create(red, wish(30, 90, 'a')),
  ]);
  t.same(
    asked.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  const other = await refusal(booking.create(red, wish(30, 90, 'a')));
  t.equal(other.code, 'RESERVATION_CONFLICT');
  t.match(other.message, `maker:deck:a: it is taken until ${at(60)}`);
  t.same(other.details, { unit: 'maker:deck:a', until: at(60), freeFrom: at(60) });
  t.notMatch(JSON.stringify(other), /secret|blue|reservation-/, 'not whose it is');
  const own = await refusal(booking.create(blue, wish(59, 90, 'a')));
  t.match(own.message, /reservation-\w{12} of yours has it for task secret until /);
  t.equal(decksOf(await booking.create(red, wish(60, 90, 'a'))), 'a', 'it begins when the other ends');
  t.equal(decksOf(await booking.create(red, wish(5, 10, 'a'))), 'a', 'and ends when it begins');
});

t.test('three units, four requests: three get one, the fourth learns when', async (t) => {
  const { open } = await openStudio(['a', 'b', 'c']);
  const booking = await open();
  const made = [await booking.create(blue, wish(0, 30, 'any')), await booking.create(red, wish(0, 20, 'any'))];
  made.push(await booking.create(red, wish(10, 60, 'any')));
  t.same(made.map(decksOf), ['a', 'b', 'c']);
  const fourth = await refusal(booking.create(blue, wish(10, 30, 'any')));
  t.equal(fourth.code, 'RESERVATION_CONFLICT');
  t.match(fourth.message, `0 of 3 free all the time; from ${at(20)} on`);
  t.equal(decksOf(await booking.create(blue, wish(20, 40, 'any'))), 'b');
  t.equal(decksOf(await booking.create(blue, wish(100, 130, 'any', 'any', 'b'))), 'acb', 'beside one that is named');
  t.match(
    (await refusal(booking.create(blue, wish(200, 230, 'any', 'any', 'any', 'b')))).message,
    /3 of maker:deck wanted, 2/,
  );
});

t.test('what is not allowed is refused with a message of its own', async (t) => {
  const { open, wait } = await openStudio(['a', 'b'], {
    limits: { shortestSeconds: 600, longestSeconds: 7200, aheadSeconds: 86_400, mostAtOnce: 1, mostPlanned: 2 },
  });
  const booking = await open();
  await wait(booking, 5);
  const asks = async (code: string, text: RegExp, ...asked: Parameters<typeof wish>) => {
    const { code: found, message } = await refusal(booking.create(blue, wish(...asked)));
    t.equal(found, code);
    t.match(message, text);
  };
  await asks('RESERVATION_TIME', /beginning 2027-03-01T09:04:00.000Z is past, it is 2027-03-01T09:05/, 4, 60, 'a');
  await asks('RESERVATION_TIME', /its end .* is not after its beginning/, 60, 60, 'a');
  await asks('RESERVATION_LIMIT', /lasts 9 min, at least 10 min is wanted/, 10, 19, 'a');
  await asks('RESERVATION_LIMIT', /lasts 121 min, at most 2 h is allowed/, 10, 131, 'a');
  await asks('RESERVATION_LIMIT', /at most 1 days ahead is allowed; begin by 2027-03-02T09:05/, 1446, 1500, 'a');
  await asks('RESERVATION_LIMIT', /blue would have 2 units at once, at most 1/, 10, 60, 'a', 'b');
  await asks('FIXED_INSTANCE_UNKNOWN', /no engine has maker:deck:z/, 10, 60, 'z');
  await asks('REQUEST_INVALID', /maker:deck:a is named twice/, 10, 60, 'a', 'a');
  const model = { from: at(10), to: at(60), instances: { x: { any: 'maker:none' } } };
  t.match(await refusal(booking.create(blue, model)), { code: 'MODEL_UNKNOWN', message: /is a maker:none/ });
  t.match(await refusal(booking.create(blue, { ...wish(0, 9, 'a'), to: '2027-02-30T10:00:00Z' })), {
    code: 'RESERVATION_TIME',
    message: 'Cannot read to: 2027-02-30T10:00:00Z is in no calendar',
  });
  await booking.create(blue, wish(20, 40, 'a'));
  await asks('RESERVATION_LIMIT', /blue would have 2 units at once/, 30, 60, 'b');
  await booking.create(blue, wish(40, 60, 'b'));
  await asks('RESERVATION_LIMIT', /blue has 2 reservations that are not over, at most 2/, 60, 80, 'b');

  await booking.setRights('red', { units: ['maker:deck:a'], mostPlanned: 7, shortestSeconds: 0 });
  t.match(booking.rightsOf('red'), { units: ['maker:deck:a'], mostPlanned: 7, mostAtOnce: 1, longestSeconds: 7200 });
  const named = await refusal(booking.create(red, wish(100, 101, 'b')));
  t.match(named, { code: 'RESERVATION_FORBIDDEN', message: /red has no right to reserve maker:deck:b/ });
  t.equal(decksOf(await booking.create(red, wish(100, 101, 'any'))), 'a');
  await booking.setRights('red', { models: ['maker:other'] });
  t.equal((await refusal(booking.create(red, wish(110, 120, 'any')))).code, 'RESERVATION_FORBIDDEN');
  await booking.setRights('red', { models: ['maker:deck'] });
  t.equal(decksOf(await booking.create(red, wish(110, 120, 'b'))), 'b');
});

t.test('a dry run answers what the real call does, and changes nothing', async (t) => {
  const { open, store, clock } = await openStudio(['a', 'b']);
  const booking = await open();
  const { id } = await booking.create(blue, wish(10, 60, 'a'));
  const all = async () => JSON.stringify(await store.list(''));
  const same = async (what: string, call: (isDryRun: boolean) => Promise<unknown>) => {
    const before = await all();
    const timers = clock.timers;
    const told = async (isDryRun: boolean) =>
      call(isDryRun).then(
        (answer) => JSON.stringify(answer).replace(/(reservation|maintenance)-\w{12}/g, '$1-any'),
        (error: AudioCloudError) => JSON.stringify(error),
      );
    const dry = await told(true);
    t.equal(await all(), before, `${what}: nothing is stored`);
    t.equal(clock.timers, timers);
    t.equal(dry, await told(false), what);
  };
  await same('granted', (isDryRun) => booking.create(red, wish(10, 60, 'any'), { isDryRun }));
  await same('taken', (isDryRun) => booking.create(red, wish(10, 60, 'any'), { isDryRun }));
  await same('too short', (isDryRun) => booking.create(red, { ...wish(1, 2, 'b'), to: at(1.5) }, { isDryRun }));
  await same('extended', (isDryRun) => booking.change(blue, id, { to: at(70) }, 1, { isDryRun }));
  await same('an old revision', (isDryRun) => booking.change(blue, id, { to: at(80) }, 1, { isDryRun }));
  await same('offered', (isDryRun) => booking.change(blue, id, { offeredTo: 'red' }, undefined, { isDryRun }));
  await same('accepted', (isDryRun) => booking.accept(red, id, 'mine', undefined, { isDryRun }));
  await same('not theirs', (isDryRun) => booking.cancel(blue, id, undefined, { isDryRun }));
  await same('maintenance', (isDryRun) =>
    booking.createMaintenance({ model: 'maker:deck', from: at(20), to: at(90), reason: 'heads' }, { isDryRun }),
  );
  await same('cancelled', (isDryRun) => booking.cancel(red, id, undefined, { isDryRun }));
});

t.test('a reservation is extended, shortened, moved and cancelled, and stays exclusive', async (t) => {
  const { open, events } = await openStudio(['a', 'b'], { graceSeconds: 300 });
  const booking = await open();
  const { id } = await booking.create(blue, wish(10, 60, 'any'));
  await booking.create(red, wish(80, 100, 'a'));
  const change = (to: number, more = {}) => booking.change(blue, id, { to: at(to), ...more });
  t.match(await change(75), { to: at(75), revision: 2, graceSeconds: 300, units: { x0: 'maker:deck:a' } });
  t.match(await change(76), { units: { x0: 'maker:deck:b' } }, 'before it begins it may get another unit');
  t.match(await change(30), { to: at(30), units: { x0: 'maker:deck:b' } });
  await booking.create(red, wish(35, 50, 'b'));
  t.match(await refusal(booking.create(red, wish(34, 40, 'b'))), {
    message: /taken until 2027-03-01T09:35.*free from 2027-03-01T09:55/,
  });
  t.match(await change(70), { units: { x0: 'maker:deck:a' } });
  t.match(await refusal(booking.change(blue, id, { to: at(75), instances: wish(0, 0, 'b').instances })), {
    code: 'RESERVATION_CONFLICT',
  });
  t.match(await booking.change(blue, id, { from: at(5), to: at(20) }), { from: at(5), to: at(20), revision: 6 });
  t.match(await refusal(change(50, { from: at(-1) })), { code: 'RESERVATION_TIME' });
  t.match(await refusal(booking.change(blue, id, { to: at(50) }, 5)), { code: 'REVISION_CONFLICT' });
  t.match(await refusal(booking.change(red, id, { to: at(50) })), { code: 'RESERVATION_UNKNOWN' });
  t.match(await refusal(booking.change(blue, nobody, { to: at(50) })), { code: 'RESERVATION_UNKNOWN' });
  t.match(await booking.cancel(blue, id), { state: 'cancelled', revision: 7 });
  t.match(await refusal(booking.cancel(blue, id)), { code: 'RESERVATION_OVER', message: /was cancelled/ });
  t.match(await refusal(change(90)), { code: 'RESERVATION_OVER' });
  t.equal(decksOf(await booking.create(red, wish(5, 75, 'a'))), 'a');
  t.same((await events()).filter((type) => type.startsWith('reservation.c')).slice(-2), [
    'reservation.cancelled',
    'reservation.created',
  ]);
});

t.test('a reservation begins, runs and ends by itself, also when the domain was away', async (t) => {
  const { open, wait, events, clock } = await openStudio(['a'], { graceSeconds: 120 });
  const booking = await open();
  const { id } = await booking.create(blue, wish(10, 60, 'a'));
  const stateOf = (service = booking) => service.get(blue, id).state;
  const told = async () => (await events()).map((type) => type.replace('reservation.', ''));
  await wait(booking, 9);
  t.equal(stateOf(), 'planned');
  await wait(booking, 1);
  t.equal(stateOf(), 'running');
  t.match(await refusal(booking.change(blue, id, { from: at(20) })), { message: /it has begun/ });
  t.match(await refusal(booking.change(blue, id, { to: at(10) })), { code: 'RESERVATION_TIME' });
  t.match(
    await booking.change(blue, id, { to: at(11) }),
    { to: at(11) },
    'shorter than the shortest, now that it runs',
  );
  t.match(await booking.change(blue, id, { to: at(12) }), { to: at(12) });
  await wait(booking, 3);
  t.equal(stateOf(), 'running', 'in its grace time');
  t.match(await booking.change(blue, id, { to: at(30) }), { to: at(30) }, 'which is still time to extend it');
  await wait(booking, 18);
  t.equal(stateOf(), 'running');
  await wait(booking, 1);
  t.equal(stateOf(), 'ended');
  t.equal(clock.timers, 0, 'nothing is to come: nothing waits');
  t.same(await told(), ['created', 'begun', 'changed', 'changed', 'changed', 'ended']);
  t.match(await refusal(booking.cancel(blue, id)), { code: 'RESERVATION_OVER', message: /has ended/ });

  const next = await booking.create(blue, { ...wish(0, 60, 'a'), from: undefined as never });
  t.match([next.state, next.from], ['running', at(32)], 'without a beginning it begins now');
  const last = await booking.create(blue, wish(70, 80, 'a'));
  await booking.close();
  clock.advance(3_600_000);
  const again = await open();
  await wait(again, 0);
  await again.settled();
  t.same([again.get(blue, next.id).state, again.get(blue, last.id).state], ['ended', 'ended']);
  t.same((await told()).slice(6), ['created', 'begun', 'created', 'ended', 'begun', 'ended']);
});

t.test('the clock of the machine may jump', async (t) => {
  const { open, wait, clock } = await openStudio(['a']);
  const booking = await open();
  const { id } = await booking.create(blue, wish(600, 660, 'a'));
  clock.jump(msAt(601) - msAt(0));
  t.notOk(
    booking.whyNot('maker:deck:a', { application: 'red', task: 'x' }, clock.now()) === undefined,
    'it holds at once',
  );
  await wait(booking, 1);
  t.equal(booking.get(blue, id).state, 'running', 'and is told within a minute');
  clock.jump(msAt(0) - msAt(600));
  t.ok(booking.whyNot('maker:deck:a', { application: 'red', task: 'x' }, clock.now()) === undefined);
});

t.test('what is due is told when the book changes before its timer, or that is a moment early', async (t) => {
  const { open, wait, clock, events } = await openStudio(['a']);
  const booking = await open();
  const { id } = await booking.create(blue, wish(10, 60, 'a'));
  await wait(booking, 9.5);
  clock.jump(30_000);
  await booking.setRights('red', {});
  await wait(booking, 0);
  t.equal(booking.get(blue, id).state, 'running', 'the book changed after its beginning');

  await wait(booking, 49);
  const heard: string[] = [];
  booking.listen(() => heard.push(booking.get(blue, id).state));
  // The timer finds nothing due, and the moment comes before anything else looks at the clock.
  const { now } = clock;
  let looks = 0;
  clock.jump(-1);
  clock.now = () => {
    if (++looks === 2) clock.jump(1);
    return now.call(clock);
  };
  await wait(booking, 1);
  clock.now = now;
  await wait(booking, 0);
  t.equal(booking.get(blue, id).state, 'ended', 'its timer was early');
  t.same(new Set(heard), new Set(['ended']), 'who listens hears of it when it is so');
  t.same((await events()).slice(-2), ['reservation.begun', 'reservation.ended']);
});

t.test('a reservation passes from task to task and from application to application without a gap', async (t) => {
  const { open, wait } = await openStudio(['a']);
  const booking = await open();
  const { id } = await booking.create(blue, { ...wish(0, 60, 'a'), task: 'one' });
  await wait(booking, 1);
  const who = (application: string, task: string) => mayUse(booking, 'a', { application, task }, 1);
  const all = () => [who('blue', 'one'), who('blue', 'two'), who('red', 'one'), who('red', 'other')];
  t.same(all(), [true, false, false, false]);
  await booking.change(blue, id, { task: 'two' });
  t.same(all(), [false, true, false, false]);
  await booking.change(blue, id, { task: null });
  t.same(all(), [true, true, false, false]);
  await booking.change(blue, id, { task: 'two' });

  t.match(await refusal(booking.accept(red, id, 'other')), { code: 'RESERVATION_UNKNOWN' }, 'it was not offered');
  t.match(await refusal(booking.change(blue, id, { offeredTo: 'blue' })), { code: 'REQUEST_INVALID' });
  await booking.change(blue, id, { offeredTo: 'red' });
  t.same(all(), [false, true, false, false], 'an offer changes nothing');
  const { task, application } = booking.get(red, id);
  t.same([task, application], [undefined, 'blue'], 'whose task it is, is not told');
  t.match(await refusal(booking.change(red, id, { to: at(90) })), { code: 'RESERVATION_UNKNOWN' });
  await booking.change(blue, id, { offeredTo: null });
  t.match(await refusal(booking.accept(red, id, 'other')), { code: 'RESERVATION_UNKNOWN' }, 'it was withdrawn');
  await booking.change(blue, id, { offeredTo: 'red' });
  await booking.setRights('red', { models: [] });
  t.match(await refusal(booking.accept(red, id, 'other')), { code: 'RESERVATION_FORBIDDEN' });
  await booking.setRights('red', {});
  t.match(await booking.accept(red, id, 'other'), { application: 'red', task: 'other', to: at(60) });
  t.same(all(), [false, false, false, true]);
  t.throws(() => booking.get(blue, id), { code: 'RESERVATION_UNKNOWN' });
});

t.test('maintenance takes all that have their power through the unit, over however many others', async (t) => {
  const { open, units } = await openStudio(['a', 'b']);
  const main = { id: 'maker:mains:one', model: 'maker:mains' };
  const outlets = { id: 'maker:outlets:one', model: 'maker:outlets', through: [main] };
  units[0]!.through = [outlets, main];
  units.push(outlets, main);
  const booking = await open();
  const { id } = await booking.create(blue, wish(10, 60, 'a'));
  const { disturbed } = await booking.createMaintenance({ unit: outlets.id, from: at(30), to: at(40), reason: 'fuse' });
  await booking.createMaintenance({ model: 'maker:mains', from: at(70), to: at(80), reason: 'wires' });
  t.same(disturbed, [id]);
  t.match(
    (await refusal(booking.create(red, wish(65, 90, 'a')))).message,
    'has its power through maker:mains:one, which',
  );
  t.equal(decksOf(await booking.create(red, wish(25, 90, 'any'))), 'b', 'one with another power');
  const at35 = ['maker:deck:a', 'maker:deck:b', outlets.id].map((unit) => booking.maintainedBy(unit, msAt(35)));
  t.same(at35, [outlets.id, undefined, outlets.id]);
  t.equal(booking.maintainedBy('maker:deck:a', msAt(75)), main.id);
});

t.test('maintenance goes before reservations, and is told beforehand', async (t) => {
  const { open, wait, journal } = await openStudio(['a', 'b'], { graceSeconds: 60 });
  const booking = await open();
  const { id } = await booking.create(blue, { ...wish(10, 60, 'a'), task: 'mix' });
  const window = { model: 'maker:deck', from: at(30), to: at(45), reason: 'new heads' };
  const kept = await booking.createMaintenance(window);
  t.same(kept.disturbed, [id]);
  t.match((await journal.read(0, 100)).events.slice(1), [
    { type: 'maintenance.created', data: { maintenance: kept.id, units: ['maker:deck:a', 'maker:deck:b'] } },
    {
      type: 'reservation.disturbed',
      task: 'mix',
      data: { reservation: id, from: at(30), to: at(45), reason: 'new heads' },
    },
  ]);
  const refused = await refusal(booking.create(red, wish(29, 35, 'b')));
  t.match(refused.message, `it is in maintenance until ${at(45)} (new heads)`);
  t.equal(decksOf(await booking.create(red, wish(20, 29, 'b'))), 'b', 'its grace time ends when maintenance begins');
  let changes = 0;
  booking.listen(() => changes++);
  const user = { application: 'blue', task: 'mix' };
  await wait(booking, 29);
  t.ok(mayUse(booking, 'a', user, 29));
  changes = 0;
  await wait(booking, 1);
  t.ok(changes > 0, 'who plays is told');
  t.match(booking.whyNot('maker:deck:a', user, msAt(30)), /in maintenance until/);
  t.ok(mayUse(booking, 'a', { application: 'main' }, 30), 'administrators work');
  t.match(await booking.change(blue, id, { to: at(50) }), { to: at(50) }, 'it may become less');
  t.match(await refusal(booking.change(blue, id, { to: at(55) })), { message: /in maintenance/ });
  t.equal(booking.listMaintenance().items.length, 1);
  await booking.deleteMaintenance(kept.id);
  t.ok(mayUse(booking, 'a', user, 30));
  t.match(await refusal(booking.deleteMaintenance(kept.id)), { code: 'MAINTENANCE_UNKNOWN' });
  await booking.createMaintenance({ unit: 'maker:deck:a', to: at(40), reason: 'now' });
  t.notOk(mayUse(booking, 'a', user, 30));
  t.ok(mayUse(booking, 'b', user, 30));
  await wait(booking, 30);
  t.same(booking.listMaintenance().items, []);
  t.match(await refusal(booking.createMaintenance({ unit: 'maker:deck:a', from: at(5), to: at(6), reason: 'x' })), {
    code: 'RESERVATION_TIME',
  });
  t.match(await refusal(booking.createMaintenance({ unit: 'maker:deck:z', to: at(99), reason: 'x' })), {
    code: 'FIXED_INSTANCE_UNKNOWN',
  });
});

t.test('what is reserved is known as theirs', async (t) => {
  const { open } = await openStudio(['a', 'b']);
  const booking = await open();
  await booking.create(red, { ...wish(0, 30, 'a'), task: 'one' });
  const isReserved = (deck: string, application: string, task: string, minute: number) =>
    booking.isReserved(`maker:deck:${deck}`, { application, task }, msAt(minute));
  t.ok(isReserved('a', 'red', 'one', 0));
  t.notOk(isReserved('a', 'red', 'two', 0));
  t.notOk(isReserved('a', 'blue', 'one', 0));
  t.notOk(isReserved('b', 'red', 'one', 0));
  t.notOk(isReserved('a', 'red', 'one', 30));
  const two = { ...red, task: 'two' };
  t.match(booking.whyNot('maker:deck:a', two, msAt(0)), 'of yours has it for task one until');
  t.throws(() => booking.requireUse(['maker:deck:b', 'maker:deck:a'], two, msAt(0)), {
    code: 'FIXED_INSTANCE_UNAVAILABLE',
    message: /Cannot use maker:deck:a: /,
  });
});

t.test('who plays under a reservation ends with it; who plays after it may', async (t) => {
  const { open, wait } = await openStudio(['a', 'b']);
  const booking = await open();
  const who = { ...blue, task: 'mix' };
  const [a, b] = ['maker:deck:a', 'maker:deck:b'];
  booking.hold([a, b], who);
  const { id } = await booking.create(blue, wish(5, 10, 'a'));
  t.equal(booking.overFor(who, msAt(0)), undefined);
  await wait(booking, 5);
  await wait(booking, 4);
  await booking.change(blue, id, { to: at(12) });
  await wait(booking, 2);
  t.equal(booking.overFor(who, msAt(11)), undefined, 'it was extended');
  await booking.create(blue, wish(12, 20, 'a'));
  await wait(booking, 4);
  t.equal(booking.overFor(who, msAt(15)), undefined, 'another one goes on from there');
  await wait(booking, 5);
  t.equal(booking.overFor(who, msAt(20)), a);
  t.ok(mayUse(booking, 'a', who, 20), 'the calendar would let it');
  booking.hold([], who);
  booking.hold([a, b], who);
  t.equal(booking.overFor(who, msAt(20)), undefined, 'who begins again plays without one');
  booking.hold([], who);

  await booking.create(blue, { ...wish(20, 30, 'a'), task: 'mix' });
  booking.hold([a], who);
  await booking.close();
  const again = await open();
  again.hold([a], who);
  await wait(again, 15);
  t.equal(again.overFor(who, msAt(35)), a, 'also when it was over before the domain came back');
});

t.test('where reservations are needed, nothing is used without one', async (t) => {
  const { open } = await openStudio(['a'], { isReservationNeeded: true });
  const booking = await open();
  const who = { ...blue, task: 'one' };
  t.equal(booking.whyNot('maker:deck:a', who, msAt(0)), 'it has to be reserved first');
  t.ok(mayUse(booking, 'a', blue, 0), 'administrators may');
  await booking.create(blue, wish(0, 10, 'a'));
  t.ok(mayUse(booking, 'a', who, 0));
  t.notOk(mayUse(booking, 'a', who, 10));
});

t.test('a reservation goes over to the unit that its task got for one that failed', async (t) => {
  const { open, wait } = await openStudio(['a', 'b', 'c']);
  const booking = await open();
  const who = { ...blue, task: 'mix' };
  const { id } = await booking.create(blue, { ...wish(0, 60, 'any'), task: 'mix' });
  await booking.create(red, wish(30, 40, 'b'));
  await wait(booking, 1);
  booking.hold(['maker:deck:a'], who);
  booking.hold(['maker:deck:c'], who);
  await booking.settled();
  t.match(booking.get(blue, id), { units: { x0: 'maker:deck:c' }, revision: 2, to: at(60) });
  t.ok(mayUse(booking, 'c', who, 1) && !mayUse(booking, 'c', { ...who, task: 'x' }, 1));
  booking.hold(['maker:deck:b'], who);
  await booking.settled();
  t.match(booking.get(blue, id), { units: { x0: 'maker:deck:c' } }, 'not to one that is taken later on');
  t.match(await refusal(booking.replaceUnit('maker:deck:c', 'maker:deck:b', who)), {
    code: 'RESERVATION_CONFLICT',
    message: /maker:deck:b: it is taken until/,
  });
  t.equal(await booking.replaceUnit('maker:deck:a', 'maker:deck:b', who), false, 'it is not part of it');
  t.equal(
    await booking.replaceUnit('maker:deck:c', 'maker:deck:a', { ...red, task: 'mix' }),
    false,
    'it is not theirs',
  );
});

t.test('the receipt of a request is stored with its change, for an answer that is the same', async (t) => {
  const { open, store } = await openStudio(['a']);
  const booking = await open();
  const receipts: unknown[] = [];
  const cause: Cause = {
    by: { request: 'r', idempotencyKey: 'k' },
    isKept: true,
    receipt: (answer) => {
      receipts.push(answer);
      return [{ key: 'receipt/k', value: answer }];
    },
    firstPart: () => [],
    isFirstPartDone: false,
  };
  const answer = await booking.create(blue, wish(10, 60, 'a'), { cause });
  t.same((await store.get('receipt/k'))?.value, answer);
  t.equal(receipts.length, 1);
  await refusal(booking.create(blue, wish(10, 60, 'a'), { cause }));
  t.equal(receipts.length, 1, 'a refusal leaves none');
});

t.test('reservations are listed by their beginning, in pages, with filters, each application its own', async (t) => {
  const { open, wait } = await openStudio(['a', 'b']);
  const booking = await open();
  for (const [i, deck] of ['a', 'b', 'a', 'any'].entries())
    await booking.create(blue, { ...wish(40 - 10 * i, 45 - 10 * i, deck), task: `t${i % 2}` });
  await booking.create(red, wish(200, 210, 'a'));
  const pages: string[][] = [];
  for (let after: string | undefined; ; ) {
    const page = booking.list(blue, { limit: '3', ...(after === undefined ? {} : { after }) });
    pages.push(page.items.map(({ from }) => from));
    after = page.next;
    if (after === undefined) break;
  }
  t.same(pages, [[at(10), at(20), at(30)], [at(40)]]);
  await wait(booking, 11);
  const count = (filter: ReservationFilter, asker: Asker = blue) => booking.list(asker, filter).items.length;
  t.equal(count({ state: 'running' }), 1);
  t.equal(count({ unit: 'maker:deck:b' }), 1);
  t.equal(count({ model: 'maker:deck@1.0.0' }), 4);
  t.equal(count({ model: 'maker:x' }), 0);
  t.equal(count({ task: 't1' }), 2);
  t.equal(count({ within: { fromMs: msAt(15), toMs: msAt(31) } }), 2);
  t.equal(count({}, { application: 'blue', tasks: new Set(['t1']) }), 2, 'who knows some tasks sees theirs');
});

t.test('what is over is forgotten after 30 days', async (t) => {
  const { open, wait, store } = await openStudio(['a']);
  const booking = await open();
  const { id } = await booking.create(blue, wish(10, 60, 'a'));
  await booking.createMaintenance({ unit: 'maker:deck:a', to: at(5), reason: 'x' });
  await wait(booking, 60 + 30 * 24 * 60);
  await booking.forget();
  t.equal(booking.get(blue, id).state, 'ended');
  await wait(booking, 1);
  await booking.forget();
  t.throws(() => booking.get(blue, id), { code: 'RESERVATION_UNKNOWN' });
  t.same([...(await store.list('reservation/')), ...(await store.list('maintenance/'))], []);
});

t.test('a unit that an engine may have which has not answered yet is not said to be unknown for good', async (t) => {
  const { open, engine } = await openStudio(['a']);
  const booking = await open();
  engine.hasAnswered = false;
  const soon = { code: 'ENGINE_UNAVAILABLE', message: /maker:deck:z.*has not answered yet/ };
  t.match(await refusal(booking.create(blue, wish(10, 60, 'z'))), soon);
  t.match(await refusal(booking.createMaintenance({ unit: 'maker:deck:z', to: at(99), reason: 'x' })), soon);
  await booking.create(blue, wish(10, 60, 'a'));
  engine.hasAnswered = true;
  t.match(await refusal(booking.create(blue, wish(10, 60, 'z'))), { code: 'FIXED_INSTANCE_UNKNOWN' });
});
