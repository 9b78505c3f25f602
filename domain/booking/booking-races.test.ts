import { AudioCloudError, type Reservation } from '@audiocloud/api';
import fc from 'fast-check';
import t from 'tap';
import type { BookingService } from './booking-service.ts';
import { overlaps } from './calendar.ts';
import { heldSpan, isOpen, type ReservationRecord } from './reservation-record.ts';
import { at, openStudio } from './testing/booked-studio.ts';

/** Reservations that an application may have. */
const MOST = 3;
const minute = fc.integer({ min: 0, max: 40 });
const length = fc.integer({ min: 1, max: 15 });
const which = fc.nat({ max: 20 });
const wanted = fc.constantFrom<Record<string, { fixed: string } | { any: string }>>(
  { x: { fixed: 'maker:deck:a' } },
  { x: { fixed: 'maker:deck:b' } },
  { x: { any: 'maker:deck' } },
  { x: { any: 'maker:deck' }, y: { fixed: 'maker:deck:a' } },
);
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      isNow: fc.boolean(),
      minute,
      length,
      instances: wanted,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('change end' as const), which, minute }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('move' as const), which, minute, length, instances: wanted }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('hand to task' as const),
      which,
      task: fc.constantFrom('one', 'two', null),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('offer' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('accept' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hand over' as const), which }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replace' as const), which }) },
);
type Step = typeof step extends fc.Arbitrary<infer V> ? V : never;
/** Steps that are asked at once, each of one of two services by one of two applications; then so many minutes go by. */
const batch = fc.record({
  asked: fc.array(fc.record({ step, service: fc.nat({ max: 1 }), as: fc.constantFrom('blue', 'red', 'owner') }), {
    minLength: 1,
    maxLength: 5,
  }),
  minutes: fc.integer({ min: 0, max: 6 }),
});

async function open() {
  const studio = await openStudio(['a', 'b'], {
    limits: { shortestSeconds: 60, longestSeconds: 3600, aheadSeconds: 7200, mostAtOnce: 3, mostPlanned: MOST },
    graceSeconds: 60,
  });
  // Two that know nothing of each other but the store, as two domains on one store would be.
  const services = [await studio.open(), await studio.open()];
  const stored = async () => (await studio.store.list<ReservationRecord>('reservation/')).map(({ value }) => value);
  return { ...studio, services, stored };
}

const otherThan = (application: string) => (application === 'blue' ? 'red' : 'blue');

interface Asked {
  step: Step;
  service: BookingService;
  as: string;
  there: readonly ReservationRecord[];
  /** Called with every answer. */
  acknowledge(answer: Reservation): void;
}

async function carryOut({ step, service, as, there, acknowledge }: Asked): Promise<void> {
  const one = 'which' in step && there.length > 0 ? there[step.which % there.length]! : undefined;
  const id = one?.id ?? 'reservation-000000000000';
  const application = as === 'owner' ? (one?.application ?? 'blue') : as;
  const asker = { application };
  switch (step.kind) {
    case 'create': {
      const from = step.isNow ? {} : { from: at(step.minute) };
      const to = at(step.minute + step.length);
      return acknowledge(await service.create(asker, { ...from, to, instances: step.instances }));
    }
    case 'change end':
      return acknowledge(await service.change(asker, id, { to: at(step.minute) }));
    case 'move': {
      const [from, to] = [at(step.minute), at(step.minute + step.length)];
      return acknowledge(await service.change(asker, id, { from, to, instances: step.instances }));
    }
    case 'cancel':
      return acknowledge(await service.cancel(asker, id));
    case 'hand to task':
      return acknowledge(await service.change(asker, id, { task: step.task }));
    case 'offer':
      return acknowledge(await service.change(asker, id, { offeredTo: otherThan(application) }));
    case 'accept':
      return acknowledge(await service.accept(asker, id, 'other'));
    case 'hand over': {
      const other = otherThan(application);
      acknowledge(await service.change(asker, id, { offeredTo: other }));
      return acknowledge(await service.accept({ application: other }, id, undefined));
    }
    case 'replace': {
      const failed = one?.units['x'] ?? '';
      const unit = failed === 'maker:deck:a' ? 'maker:deck:b' : 'maker:deck:a';
      if (!(await service.replaceUnit(failed, unit, asker))) throw new AudioCloudError('RESERVATION_UNKNOWN', 'none');
      for (const answer of service.list(asker, { unit, state: 'running' }).items) acknowledge(answer);
    }
  }
}

/** What is wrong with a calendar. */
function faultOf(all: readonly ReservationRecord[]): string | undefined {
  const open = all.filter(isOpen);
  for (const application of ['blue', 'red'])
    if (open.filter((one) => one.application === application).length > MOST) return `${application} has too many`;
  for (const [i, one] of open.entries()) {
    const units = Object.values(one.units);
    if (new Set(units).size !== units.length) return `${one.id} has a unit twice`;
    for (const other of open.slice(i + 1))
      if (overlaps(heldSpan(one), heldSpan(other)) && units.some((unit) => Object.values(other.units).includes(unit)))
        return `${JSON.stringify(one)} and ${JSON.stringify(other)}`;
  }
  return undefined;
}

t.test('a unit has one holder at a time, under 1,000 interleavings of two services on one store', async (t) => {
  const kinds = new Map<string, number>();
  const count = (name: string) => kinds.set(name, (kinds.get(name) ?? 0) + 1);
  await fc.assert(
    fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), async (batches) => {
      const { store, clock, journal, services, stored } = await open();
      let acknowledged = 0;
      for (const { asked, minutes } of batches) {
        const there = await stored();
        const answers: Reservation[] = [];
        const acknowledge = (answer: Reservation) => answers.push(answer);
        const outcomes = await Promise.allSettled(
          asked.map(({ step, service, as }) => carryOut({ step, service: services[service]!, as, there, acknowledge })),
        );
        for (const [i, outcome] of outcomes.entries()) {
          const { kind } = asked[i]!.step;
          if (outcome.status === 'fulfilled') count(kind);
          else if (outcome.reason instanceof AudioCloudError && outcome.reason.status < 500)
            count(`${kind}: ${outcome.reason.code}`);
          else throw outcome.reason;
        }
        const now = await stored();
        const fault = faultOf(now);
        if (fault) throw new Error(fault);
        for (const { id, revision } of answers)
          if (!now.some((one) => one.id === id && one.revision >= revision))
            throw new Error(`${id} was acknowledged and is lost`);
        acknowledged += answers.length;
        clock.advance(minutes * 60_000);
        for (const service of services) await service.settled();
      }
      for (const service of services) await service.close();
      const { events } = await journal.read(0, 1000);
      await store.close();
      const told = events.filter(({ type }) => /created|changed|cancelled/.test(type)).length;
      if (told !== acknowledged) throw new Error(`${acknowledged} acknowledged, ${told} told`);
    }),
    { numRuns: 1000 },
  );
  t.comment(Object.fromEntries([...kinds].sort()));
  for (const kind of ['create', 'change end', 'move', 'cancel', 'hand to task', 'hand over', 'replace'])
    t.ok((kinds.get(kind) ?? 0) > 0, `${kind} was done ${kinds.get(kind)} times`);
  for (const refused of ['create: RESERVATION_CONFLICT', 'change end: RESERVATION_CONFLICT'])
    t.ok((kinds.get(refused) ?? 0) > 0, `${refused}, ${kinds.get(refused)} times`);
});
