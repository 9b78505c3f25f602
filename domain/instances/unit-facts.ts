import type { FixedInstanceState, Model } from '@audiocloud/api';
import { NO_FACTS, type UnitFacts } from './unit-step.ts';

/** What model and rack say of a unit. model: undefined while its engine has not told it. [any] */
export function unitFacts({ powers = {} }: Pick<FixedInstanceState, 'powers'>, model: Model | undefined): UnitFacts {
  const idleSeconds = model?.power?.idleOffSeconds;
  return {
    idleMs: idleSeconds === undefined ? NO_FACTS.idleMs : idleSeconds * 1000,
    owned: new Set(Object.values(powers).map(({ parameter, index }) => `${parameter} ${index}`)),
  };
}
