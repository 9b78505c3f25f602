import type { Plan } from './plan.ts';
import { type Outcome, simulate, type SimulateOptions } from './simulate.ts';

const MOST_RUNS = 200;

/** Plans that are a little smaller. */
function* smaller(plan: Plan): Generator<Plan> {
  const { faults, endMs } = plan;
  yield { ...plan, faults: [] };
  for (let i = 0; i < faults.length; i++) yield { ...plan, faults: faults.filter((_, at) => at !== i) };
  if (plan.watchers > 0) yield { ...plan, watchers: plan.watchers - 1 };
  if (plan.makers > 1) yield { ...plan, makers: plan.makers - 1 };
  if (plan.units > 0) yield { ...plan, units: 0 };
  if (plan.engines > 1) yield { ...plan, engines: plan.engines - 1 };
  if (plan.revokes) yield { ...plan, revokes: false };
  if (endMs > 2_000)
    yield { ...plan, endMs: Math.round(endMs * 0.8), faults: faults.filter(({ atMs }) => atMs < endMs * 0.8) };
}

/** The smallest world that can be found with the same invariant broken as in this one. [control] */
export async function shrink(failed: Outcome, options: SimulateOptions = {}): Promise<Outcome> {
  let smallest = failed;
  let runs = 0;
  for (let isBetter = true; isBetter; ) {
    isBetter = false;
    for (const plan of smaller(smallest.plan)) {
      if (++runs > MOST_RUNS) return smallest;
      const outcome = await simulate(plan, options);
      if (outcome.violation?.invariant !== failed.violation?.invariant) continue;
      smallest = outcome;
      isBetter = true;
      break;
    }
  }
  return smallest;
}
