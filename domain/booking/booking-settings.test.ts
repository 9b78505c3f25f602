import t from 'tap';
import { readConfig } from '../config/read-config.ts';
import { bookingSettingsOf, DEFAULT_BOOKING } from './booking-settings.ts';

t.test('a configuration that says nothing of reservations is as the domain is without one', async (t) => {
  t.same(bookingSettingsOf(readConfig({ environment: {} }).config.reservations), DEFAULT_BOOKING);
});

t.test('what a configuration says of reservations counts', async (t) => {
  const environment = { AUDIOCLOUD_RESERVATIONS_NEEDED: 'true', AUDIOCLOUD_RESERVATIONS_SHORTEST_MINUTES: '15' };
  const { reservations } = readConfig({ environment, flags: { 'reservations.aheadDays': 2 } }).config;
  t.match(bookingSettingsOf({ ...reservations, graceSeconds: 30, longestHours: 4, mostAtOnce: 2, mostPlanned: 3 }), {
    isReservationNeeded: true,
    graceSeconds: 30,
    limits: { shortestSeconds: 900, longestSeconds: 14_400, aheadSeconds: 172_800, mostAtOnce: 2, mostPlanned: 3 },
  });
});
