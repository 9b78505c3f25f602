import type { Reservation } from '@audiocloud/api';
import { pino } from 'pino';
import { VirtualClock } from '../../clock/virtual-clock.ts';
import { EventJournal } from '../../events/event-journal.ts';
import { systemRandomBytes } from '../../random/random-bytes.ts';
import { openSqliteStore } from '../../store/sqlite-store.ts';
import type { Unit } from '../book.ts';
import { type BookingContext, BookingService } from '../booking-service.ts';
import type { BookingSettings } from '../booking-settings.ts';

const MINUTE = 60_000;
const START = Date.UTC(2027, 2, 1, 9);

/** A moment so many minutes after the clock of a studio began. */
export const at = (minute: number): string => new Date(START + minute * MINUTE).toISOString();
/** In milliseconds. */
export const msAt = (minute: number): number => START + minute * MINUTE;

/** Units `maker:deck:a`, `b`, ..., a store in memory and a clock that stands. Several services may be opened on it. */
export async function openStudio(decks: readonly string[], settings: Partial<BookingSettings> = {}) {
  const store = openSqliteStore(':memory:');
  const clock = new VirtualClock(START);
  const journal = await EventJournal.open({ store, clock });
  const units: Unit[] = decks.map((deck) => ({ id: `maker:deck:${deck}`, model: 'maker:deck' }));
  /** Of the engine that has the units. */
  const engine = { hasAnswered: true };
  const context: BookingContext = {
    store,
    journal,
    clock,
    logger: pino({ level: 'silent' }) as never,
    randomBytes: systemRandomBytes,
    settings: {
      limits: { shortestSeconds: 60, longestSeconds: 7200, aheadSeconds: 86_400, mostAtOnce: 10, mostPlanned: 10 },
      graceSeconds: 0,
      isReservationNeeded: false,
      ...settings,
    },
    units: () => units,
    areUnitsKnown: () => engine.hasAnswered,
  };
  return {
    store,
    clock,
    journal,
    units,
    engine,
    async open(): Promise<BookingService> {
      const service = await BookingService.open(context);
      service.start();
      return service;
    },
    /** Lets minutes go by, and what is due be stored. */
    async wait(service: BookingService, minutes: number): Promise<void> {
      clock.advance(minutes * MINUTE);
      await service.settled();
    },
    async events(): Promise<string[]> {
      return (await journal.read(0, 1000)).events.map(({ type }) => type);
    },
  };
}

/** What a test asks for: decks by their letter, or any of them. */
export const wish = (from: number, to: number, ...decks: string[]) => ({
  from: at(from),
  to: at(to),
  instances: Object.fromEntries(
    decks.map((deck, i) => [`x${i}`, deck === 'any' ? { any: 'maker:deck' } : { fixed: `maker:deck:${deck}` }]),
  ),
});

/** The decks that a reservation has, by their letters. */
export const decksOf = ({ units }: Reservation): string =>
  Object.values(units)
    .map((unit) => unit.split(':')[2])
    .join('');
