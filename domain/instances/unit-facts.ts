import type { FixedInstanceState, Model } from '@audiocloud/api';
import { tapeFacts } from './unit-tape.ts';
import { NO_FACTS, type UnitFacts } from './unit-step.ts';

/** What model and rack say of a unit. model: undefined while its engine has not told it. [any] */
export function unitFacts({ powers = {} }: Pick<FixedInstanceState, 'powers'>, model: Model | undefined): UnitFacts {
  const idleSeconds = model?.power?.idleOffSeconds;
  const tape = tapeFacts(model);
  const outlets = Object.values(powers).map(({ parameter, index }) => `${parameter} ${index}`);
  return {
    tape,
    idleMs: idleSeconds === undefined ? NO_FACTS.idleMs : idleSeconds * 1000,
    owned: new Set([...outlets, ...(tape ? [`${tape.parameter} 0`] : [])]),
  };
}
