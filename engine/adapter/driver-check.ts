import type { Driver, Model } from '@audiocloud/api';
import type { AdapterTraits } from './adapter-packages.ts';
import { adapterMistakes } from './lint/adapter.ts';
import { deliveryMistakes } from './lint/delivery.ts';
import { exchangeMistakes } from './lint/exchange.ts';
import type { Mistake } from './lint/lint-checks.ts';
import { nameMistakes } from './lint/names.ts';
import { pageMistakes } from './lint/pages.ts';
import { safeMistakes } from './lint/safe.ts';
import { safetyMistakes } from './lint/safety.ts';
import { shapeMistakes } from './lint/shape.ts';
import { valueMistakes } from './lint/values.ts';

/**
 * Every mistake of a driver for this model, each with its place and the mend. Empty: it may be used. [any]
 *
 * adapter: what its manifest says; undefined: it is not installed, so that settings are not looked at and all mappings
 * must be of what the first is.
 */
export function driverProblems(value: unknown, model: Model, adapter: AdapterTraits | undefined): Mistake[] {
  const shape = [...shapeMistakes(value)];
  if (shape.length) return shape;
  const driver = value as Driver;
  const safe = [...safeMistakes(driver, model)];
  return [
    ...nameMistakes(driver, model),
    ...adapterMistakes(driver, adapter),
    ...pageMistakes(driver, adapter?.carries),
    ...exchangeMistakes(driver, adapter?.carries),
    ...deliveryMistakes(driver, model, adapter?.carries),
    ...valueMistakes(driver, model),
    ...(safe.length ? safe : safetyMistakes(driver, model)),
  ];
}
