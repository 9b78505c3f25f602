import { type Plan, planOf } from './plan.ts';
import type { Plant } from './world/domain-host.ts';
import { type Violation, World } from './world/world.ts';

/** What became of one world. */
export interface Outcome {
  plan: Plan;
  violation: Violation | undefined;
  /** Of all that happened: the same for the same plan. */
  hash: string;
  /** The last lines of what happened. */
  tail: readonly string[];
  /** Changes that were acknowledged. */
  acknowledged: number;
  /** From the last fault until all was as it must be. */
  settledAfterMs: number;
}

export interface SimulateOptions {
  plant?: Plant;
  /** Gets every line of what happens. */
  print?: (line: string) => void;
}

/** Lives through one world. One at a time in a process: it listens to what nobody catches. [control] */
export async function simulate(plan: Plan | number, options: SimulateOptions = {}): Promise<Outcome> {
  const whole = typeof plan === 'number' ? planOf(plan) : plan;
  const world = new World({ plan: whole, ...options });
  const violation = await world.run();
  const { trace, makers, settledAfterMs } = world;
  const acknowledged = makers.reduce((sum, maker) => sum + maker.acknowledged, 0);
  return { plan: whole, violation, hash: trace.hash, tail: trace.tail, acknowledged, settledAfterMs };
}
