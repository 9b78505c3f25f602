import type { Waiting } from '@audiocloud/api';
import { isoTime, waitingTries } from '../actors/waiting.ts';
import { hasPower, isReady, tapeUse, type UnitActor, valuesToSend, wantsPower } from './unit-step.ts';
import { tapeText } from './unit-tape.ts';

/** What a unit waits for until it is as somebody wants it; nothing when nobody wants it, or it is so. [any] */
export function unitWaiting(id: string, unit: UnitActor): Waiting[] {
  const { actual, desired } = unit;
  const isWanted = desired.power || Object.keys(desired.parameters).length > 0;
  if (!isWanted) return [];
  const one = (what: Waiting['what'], why: string, untilMs?: number): Waiting[] => [
    { what, id, why, ...(untilMs === undefined ? {} : { until: isoTime(untilMs) }), ...waitingTries(unit) },
  ];
  if (!actual) return one('instance', 'No engine reaches it');
  const { maintainedBy } = unit;
  if (maintainedBy !== undefined) {
    const who = maintainedBy === id ? 'It is' : `It has its power through ${maintainedBy}, which is`;
    return unit.hold ? one('reservation', `${who} in maintenance`) : [];
  }
  const { phase, phaseEndsMs } = actual;
  if (wantsPower(unit) && phase === 'cooling-down') return one('power', 'It has to cool down first', phaseEndsMs);
  if (wantsPower(unit) && !hasPower(unit)) return one('power', 'Its power is not confirmed yet');
  if (wantsPower(unit) && phase === 'warming-up') return one('power', 'It warms up', phaseEndsMs);
  if (!wantsPower(unit) && actual.power !== undefined) return [];
  if (actual.isLeaseOver) return one('instance', 'It has its safe values until its lease is renewed');
  if (actual.state === 'faulty' || actual.state === 'disconnected' || actual.state === 'connecting') {
    const [waiting] = one('instance', actual.error?.message ?? `It is ${actual.state}`);
    return [{ ...waiting!, ...(actual.error ? { error: actual.error } : {}) }];
  }
  const values = valuesToSend(unit).length;
  if (values > 0) return one('parameters', `${values} of its values are on their way`);
  if (unit.hold && unit.facts.tape && unit.isInStep && !isReady(unit))
    return one('tape', tapeText(unit.tape, actual.tape, tapeUse(unit)), unit.tape.rewoundByMs);
  return unit.hold && !isReady(unit) ? one('parameters', 'What it has is not known yet') : [];
}
