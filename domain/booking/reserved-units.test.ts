import t from 'tap';
import { MAIN_APPLICATION } from '../permissions/principal.ts';
import { RackDomain } from '../testing/rack-domain.ts';
import { momentText } from './moment.ts';

const [A, B] = ['test:preamp:a', 'test:preamp:b'] as const;
const asker = { application: MAIN_APPLICATION };
/** Enough for power, a connection and two values. */
const POWER_UP_MS = 600;
const MINUTE = 60_000;

/** A reservation of so many minutes for a task, from now on. */
const reserve = (domain: RackDomain, task: string, minutes: number) =>
  domain.core.booking.create(asker, {
    task,
    to: momentText(domain.clock.now() + minutes * MINUTE),
    instances: { preamp: { any: 'test:preamp' } },
  });
const told = async ({ core }: RackDomain, task: string) =>
  (await core.journal.read(0, 1000, { tasks: [task] })).events.map((event) =>
    event.type === 'task.transport' && event.data.error ? `stopped: ${event.data.error.message}` : event.type,
  );

t.test('a reserved unit that fails is replaced by a free one, which is reserved from then on', async (t) => {
  const domain = await RackDomain.open(t, [A, B]);
  await domain.create('mix', 'any', 7);
  const { id, units } = await reserve(domain, 'mix', 10);
  t.same(units, { preamp: A });
  await domain.play('mix');
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('mix'), { state: 'playing', fixed: { preamp: A } });
  domain.rack.unplug(A);
  await domain.advance(50);
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('mix'), { state: 'playing', fixed: { preamp: B }, waitingFor: [] });
  t.same(domain.rack.units.get(B)!.log, ['on', 'gainDb 7'], 'its settings were sent again');
  t.same(domain.core.booking.get(asker, id).units, { preamp: B });
  t.match(domain.core.booking.whyNot(B, { application: 'other', task: 'x' }, domain.clock.now()), 'it is taken until');
  t.equal(domain.core.booking.whyNot(A, { application: 'other', task: 'x' }, domain.clock.now()), undefined);
});

t.test('a play ends with its reservation, also when that was over before the domain came back', async (t) => {
  const domain = await RackDomain.open(t, [A, B]);
  await domain.create('mix', A);
  const { id } = await reserve(domain, 'mix', 5);
  await domain.play('mix');
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('mix'), { state: 'playing' });
  await domain.reopen(10 * MINUTE);
  await domain.advance(50);
  t.equal(domain.core.booking.get(asker, id).state, 'ended');
  t.match((await told(domain, 'mix')).slice(-2), [
    'reservation.ended',
    `stopped: Cannot use ${A}: its reservation is over`,
  ]);
  domain.rack.start();
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('mix'), { state: 'ready', desired: { playing: false } });
  await domain.play('mix');
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('mix'), { state: 'playing' }, 'without a reservation');
});

t.test('a play under a reservation goes on when the domain comes back in time', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  await domain.create('mix', A);
  await reserve(domain, 'mix', 10);
  await domain.play('mix');
  await domain.advance(POWER_UP_MS);
  await domain.reopen(2 * MINUTE);
  domain.rack.start();
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('mix'), { state: 'playing' });
  domain.clock.jump(8 * MINUTE);
  await domain.advance(MINUTE);
  t.match(await domain.state('mix'), { state: 'ready', desired: { playing: false } }, 'and ends with it');
});
