import type { DomainConfig } from '../config/config-schema.ts';
import type { Limits } from './rights.ts';

/** What the configuration says about reservations. */
export interface BookingSettings {
  /** Of applications that have no rights of their own. */
  limits: Limits;
  graceSeconds: number;
  /** Nobody may use a fixed instance that they have not reserved. */
  isReservationNeeded: boolean;
}

/** As the configuration has them when it says nothing. */
export const DEFAULT_BOOKING: BookingSettings = {
  limits: {
    shortestSeconds: 5 * 60,
    longestSeconds: 72 * 3600,
    aheadSeconds: 180 * 86_400,
    mostAtOnce: 32,
    mostPlanned: 500,
  },
  graceSeconds: 0,
  isReservationNeeded: false,
};

/** What a configuration says; what it leaves out is as DEFAULT_BOOKING has it. [any] */
export function bookingSettingsOf(reservations: DomainConfig['reservations'] = {}): BookingSettings {
  const { limits, graceSeconds, isReservationNeeded } = DEFAULT_BOOKING;
  const times = (value: number | undefined, seconds: number) => (value === undefined ? undefined : value * seconds);
  return {
    limits: {
      shortestSeconds: times(reservations.shortestMinutes, 60) ?? limits.shortestSeconds,
      longestSeconds: times(reservations.longestHours, 3600) ?? limits.longestSeconds,
      aheadSeconds: times(reservations.aheadDays, 86_400) ?? limits.aheadSeconds,
      mostAtOnce: reservations.mostAtOnce ?? limits.mostAtOnce,
      mostPlanned: reservations.mostPlanned ?? limits.mostPlanned,
    },
    graceSeconds: reservations.graceSeconds ?? graceSeconds,
    isReservationNeeded: reservations.needed ?? isReservationNeeded,
  };
}
