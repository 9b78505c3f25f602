import fc from 'fast-check';
import t from 'tap';
import { availability } from './availability.ts';
import { type Book, EMPTY_BOOK, type Unit } from './book.ts';
import { freeSpans, mostAtOnce } from './calendar.ts';
import type { MaintenanceRecord, ReservationRecord } from './reservation-record.ts';
import { reserve } from './reserve.ts';
import type { Rules } from './rights.ts';

const UNIT: Unit = { id: 'maker:deck:a', model: 'maker:deck' };
const LENGTH = 40;
const rules: Rules = {
  nowMs: 0,
  units: [UNIT, { id: 'maker:deck:b', model: 'maker:deck' }],
  graceMs: 0,
  limits: { shortestSeconds: 0, longestSeconds: 1000, aheadSeconds: 1000, mostAtOnce: 100, mostPlanned: 1000 },
};

const interval = fc.record({
  fromMs: fc.integer({ min: 0, max: LENGTH }),
  length: fc.integer({ min: 1, max: 6 }),
  graceMs: fc.integer({ min: 0, max: 2 }),
  kind: fc.constantFrom('reservation', 'other unit', 'cancelled', 'unit', 'model', 'other model'),
});
type Interval = typeof interval extends fc.Arbitrary<infer V> ? V : never;

/** A calendar of one second in ms: it need not be exclusive. */
function bookOf(intervals: readonly Interval[]): Book {
  const reservations = new Map<string, ReservationRecord>();
  const maintenance = new Map<string, MaintenanceRecord>();
  for (const [i, { fromMs, length, graceMs, kind }] of intervals.entries()) {
    const id = `one-${i}`;
    const span = { fromMs, toMs: fromMs + length };
    if (kind === 'unit') maintenance.set(id, { id, ...span, reason: 'x', unit: UNIT.id });
    else if (kind === 'model') maintenance.set(id, { id, ...span, reason: 'x', model: UNIT.model });
    else if (kind === 'other model') maintenance.set(id, { id, ...span, reason: 'x', model: 'maker:other' });
    else
      reservations.set(id, {
        id,
        revision: 1,
        application: 'main',
        ...span,
        graceMs,
        instances: {},
        units: { it: kind === 'other unit' ? 'maker:deck:b' : UNIT.id },
        state: kind === 'cancelled' ? 'cancelled' : 'planned',
      });
  }
  return { ...EMPTY_BOOK, reservations, maintenance };
}

/** Whether no moment of a reservation is that of another, looked at one by one. */
function isFree(intervals: readonly Interval[], from: number, to: number, grace: number): boolean {
  for (let moment = from; moment < to + grace; moment++)
    for (const { fromMs, length, graceMs, kind } of intervals) {
      if (['other unit', 'cancelled', 'other model'].includes(kind)) continue;
      const end = fromMs + length + (kind === 'reservation' ? graceMs : 0);
      if (fromMs <= moment && moment < end) return false;
    }
  return true;
}

/** Whether a reservation would be taken, found by trying to make it. */
function isTaken(book: Book, fromMs: number, toMs: number, graceMs: number): boolean {
  try {
    const instances = { it: { fixed: UNIT.id } };
    reserve(book, 'new', { application: 'other', fromMs, toMs, instances }, { ...rules, graceMs });
    return true;
  } catch {
    return false;
  }
}

t.test('free slots are those in which every reservation would be taken, and none would outside of them', async () => {
  const within = fc.record({ fromMs: fc.integer({ min: 0, max: 20 }), length: fc.integer({ min: 1, max: 30 }) });
  const grace = fc.integer({ min: 0, max: 3 });
  fc.assert(
    fc.property(
      fc.array(interval, { maxLength: 8 }),
      within,
      fc.integer({ min: 1, max: 5 }),
      grace,
      (intervals, { fromMs, length }, leastMs, graceMs) => {
        const book = bookOf(intervals);
        const toMs = fromMs + length;
        const { units } = availability(book, [UNIT], { fromMs, toMs }, { leastMs, graceMs });
        const slots = units[0]!.slots.map(({ from, to }) => [Date.parse(from), Date.parse(to)] as const);
        for (let from = fromMs; from < toMs; from++)
          for (let to = from + leastMs; to <= toMs; to++) {
            const isInSlot = slots.some(([begin, end]) => begin <= from && to <= end);
            if (isInSlot !== isFree(intervals, from, to, graceMs)) return false;
            if (isInSlot !== isTaken(book, from, to, graceMs)) return false;
          }
        return slots.every(([from, to], i) => to - from >= leastMs && (i === 0 || slots[i - 1]![1] < from));
      },
    ),
    { numRuns: 300 },
  );
});

t.test('free spans touch what is busy, and begin and end with the time that is looked at', async (t) => {
  const busy = [
    { fromMs: 4, toMs: 6 },
    { fromMs: 5, toMs: 7 },
    { fromMs: 8, toMs: 9 },
  ];
  const spans = (leastMs: number) =>
    freeSpans(busy, { fromMs: 2, toMs: 12 }, leastMs).map(({ fromMs, toMs }) => [fromMs, toMs]);
  t.same(spans(0), [
    [2, 4],
    [7, 8],
    [9, 12],
  ]);
  t.same(spans(2), [
    [2, 4],
    [9, 12],
  ]);
  t.same(freeSpans([{ fromMs: 0, toMs: 20 }], { fromMs: 2, toMs: 12 }, 0), []);
});

t.test('what ends when another begins is not there at once', async (t) => {
  const span = (fromMs: number, toMs: number, count = 1) => ({ fromMs, toMs, count });
  t.equal(mostAtOnce([span(0, 5), span(5, 9), span(4, 6)]), 2);
  t.equal(mostAtOnce([span(0, 5, 3), span(1, 2, 4), span(2, 3, 4)]), 7);
  t.equal(mostAtOnce([]), 0);
});

t.test('a unit of any model is chosen whenever there is one, also beside units that are named', async () => {
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 8 }), fc.integer({ min: 0, max: 20 }), (intervals, fromMs) => {
      const book = bookOf(intervals);
      const asked = (instances: Parameters<typeof reserve>[2]['instances']) => {
        try {
          return reserve(book, 'new', { application: 'other', fromMs, toMs: fromMs + 3, instances }, rules).units;
        } catch {
          return undefined;
        }
      };
      const [a, b] = [asked({ x: { fixed: 'maker:deck:a' } }), asked({ x: { fixed: 'maker:deck:b' } })];
      const any = asked({ x: { any: 'maker:deck' } });
      const both = asked({ x: { any: 'maker:deck@1.2.3' }, y: { fixed: 'maker:deck:a' } });
      const two = asked({ x: { any: 'maker:deck' }, y: { any: 'maker:deck' } });
      if (Boolean(any) !== Boolean(a ?? b)) return false;
      if (any && !(any['x'] === 'maker:deck:a' ? a : b)) return false;
      if (Boolean(both) !== Boolean(a && b) || Boolean(two) !== Boolean(a && b)) return false;
      return !both || (both['x'] === 'maker:deck:b' && new Set(Object.values(two!)).size === 2);
    }),
    { numRuns: 300 },
  );
});

t.test('a reservation that does not fit says from when on it would', async () => {
  fc.assert(
    fc.property(
      fc.array(interval, { maxLength: 8 }),
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 2 }),
      (intervals, fromMs, graceMs) => {
        const book = bookOf(intervals);
        const ask = (begin: number) =>
          reserve(
            book,
            'new',
            { application: 'other', fromMs: begin, toMs: begin + 3, instances: { x: { any: 'maker:deck' } } },
            { ...rules, graceMs },
          );
        const isGranted = (begin: number) => {
          try {
            return Boolean(ask(begin));
          } catch {
            return false;
          }
        };
        try {
          ask(fromMs);
          return true;
        } catch (error) {
          const freeFrom = Date.parse((error as { details: { freeFrom: string } }).details.freeFrom);
          for (let begin = fromMs; begin < freeFrom; begin++) if (isGranted(begin)) return false;
          return isGranted(freeFrom);
        }
      },
    ),
    { numRuns: 300 },
  );
});
