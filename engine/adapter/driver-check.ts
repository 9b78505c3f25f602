import type { Driver, Model } from '@audiocloud/api';
import { type AdapterFacts, adapterFacts, adapterMistakes } from './lint/adapter.ts';
import { exchangeMistakes } from './lint/exchange.ts';
import type { Mistake } from './lint/lint-checks.ts';
import { nameMistakes } from './lint/names.ts';
import { pageMistakes } from './lint/pages.ts';
import { shapeMistakes } from './lint/shape.ts';
import { valueMistakes } from './lint/values.ts';

/**
 * Every mistake of a driver for this model, each with its place and the mend. Empty: it may be used. [any]
 *
 * adapter: what its manifest says; left out for those that come with the system. Of an adapter that is not known the
 * settings are not looked at, and all mappings must be of what the first is.
 */
export function driverProblems(value: unknown, model: Model, adapter?: AdapterFacts): Mistake[] {
  const shape = [...shapeMistakes(value)];
  if (shape.length) return shape;
  const driver = value as Driver;
  const facts = adapterFacts(driver, adapter);
  return [
    ...nameMistakes(driver, model),
    ...adapterMistakes(driver, facts),
    ...pageMistakes(driver, facts?.carries),
    ...exchangeMistakes(driver, facts?.carries),
    ...valueMistakes(driver, model),
  ];
}
