import type { Availability } from '@audiocloud/api';
import type { Book, Unit } from './book.ts';
import { freeSpans, type Span } from './calendar.ts';
import { busyFor } from './choose-units.ts';
import { momentText } from './moment.ts';

/**
 * When units are free: every reservation with this grace time that lies inside a slot meets no other, and none that lies
 * elsewhere does. [any]
 */
export function availability(
  book: Book,
  units: readonly Unit[],
  within: Span,
  { leastMs, graceMs }: { leastMs: number; graceMs: number },
): Availability {
  return {
    units: units.map((unit) => ({
      unit: unit.id,
      slots: freeSpans(busyFor(book, unit, graceMs), within, leastMs).map(({ fromMs, toMs }) => ({
        from: momentText(fromMs),
        to: momentText(toMs),
      })),
    })),
  };
}
