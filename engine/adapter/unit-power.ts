import type { Model, PowerPhase } from '@audiocloud/api';

/** Where the power of a unit is, and since when, in ms of a clock that does not jump. */
export interface UnitPower {
  phase: PowerPhase;
  sinceMs: number;
}

export interface PowerTimes {
  warmUpMs: number;
  coolDownMs: number;
}

/** [any] */
export function powerTimes({ power = {} }: Pick<Model, 'power'>): PowerTimes {
  const { warmUpSeconds = 0, coolDownSeconds = 0 } = power;
  return { warmUpMs: warmUpSeconds * 1000, coolDownMs: coolDownSeconds * 1000 };
}

/** It has power, as was confirmed. [any] */
export const isPowered = ({ phase }: UnitPower): boolean => phase === 'warming-up' || phase === 'on';

/** When a phase ends by itself; undefined for one that does not. [any] */
export function phaseEndMs({ phase, sinceMs }: UnitPower, { warmUpMs, coolDownMs }: PowerTimes): number | undefined {
  if (phase === 'warming-up') return sinceMs + warmUpMs;
  return phase === 'cooling-down' ? sinceMs + coolDownMs : undefined;
}

/**
 * Where the power of a unit is now. [any]
 *
 * isWanted: it was asked for. isConfirmed: its report says so; what nobody confirms counts as off. A unit that was on cools down
 * first, however it lost its power; one that gets it warms up, always for the whole time.
 */
export function powerStep(
  before: UnitPower,
  isWanted: boolean,
  isConfirmed: boolean,
  times: PowerTimes,
  nowMs: number,
): UnitPower {
  const to = (phase: PowerPhase): UnitPower => (phase === before.phase ? before : { phase, sinceMs: nowMs });
  const endMs = phaseEndMs(before, times);
  const isOver = endMs === undefined || nowMs >= endMs;
  if (isConfirmed) {
    if (isPowered(before)) return isOver ? to('on') : before;
    return to(times.warmUpMs > 0 ? 'warming-up' : 'on');
  }
  if (isPowered(before) && times.coolDownMs > 0) return to('cooling-down');
  if (before.phase === 'cooling-down' && !isOver) return before;
  return to(isWanted ? 'powering-up' : 'off');
}
