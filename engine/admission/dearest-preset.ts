import type { Instance } from '@audiocloud/api';
import { type CostQuestion, roughCost } from './measure-cost.ts';
import { type Preset, presetCandidates } from './preset-candidates.ts';

const BUDGET_MS = 1500;
/** So much dearer must a preset be to count as dearer: below, it is the clock. */
const CLEARLY = 1.03;

/**
 * The values of a model's parameters at which it costs most, as far as a search finds them; undefined: the defaults.
 * [control]
 *
 * A few whole presets at random, then the best of them parameter by parameter. For authors: a task is admitted by what its
 * own settings cost.
 */
export function dearestPreset(question: Omit<CostQuestion, 'parameters'>): Instance['parameters'] | undefined {
  const until = performance.now() + BUDGET_MS;
  let best: Preset | undefined;
  let most = roughCost({ ...question, parameters: undefined });
  for (const candidate of presetCandidates(question.model)) {
    if (performance.now() > until) break;
    const parameters = candidate(best ?? {});
    const found = roughCost({ ...question, parameters });
    if (found < most * CLEARLY) continue;
    most = found;
    best = parameters;
  }
  return best;
}
