import type { Cancel, Clock } from '../clock/clock.ts';
import type { Engines } from '../engine/engines.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';

/** What was set of hardware holds for so long without its domain. */
export const LEASE_SECONDS = 4;
const RENEW_MS = 1000;

/** Renews what holds of the hardware of an engine. [control] */
export function renewLease({ engine }: RegisteredEngine): void {
  if (!engine.isUp || engine.fixed.length === 0) return;
  // One that does not answer is given up by whoever watches it; when it is back it is asked again.
  engine.command('lease-fixed', { seconds: LEASE_SECONDS }).catch(() => undefined);
}

/**
 * Renews every second what holds of the hardware of all engines, until it is ended. When nobody does any more, adapters send safe
 * values by themselves. [control]
 */
export function keepLeases(engines: Engines, clock: Clock): Cancel {
  return clock.every(RENEW_MS, () => {
    for (const engine of engines.list) renewLease(engine);
  });
}
