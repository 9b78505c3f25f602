import { type Fault, randomFaults } from './world/fault.ts';
import { Random } from './world/random.ts';

/** What a world is made of: all of it follows from the seed, and may be made smaller by hand. */
export interface Plan {
  seed: number;
  /** Faults come before that. */
  endMs: number;
  makers: number;
  watchers: number;
  engines: number;
  /** Of hardware, at each engine. */
  units: number;
  /** The key of one who follows is taken back. */
  revokes: boolean;
  faults: Fault[];
}

/** [any] */
export function planOf(seed: number): Plan {
  const random = new Random(seed + 0x5eed);
  const endMs = Math.round(random.between(5_000, 15_000));
  return {
    seed,
    endMs,
    makers: 1 + random.below(3),
    watchers: random.below(3),
    engines: 1 + random.below(3),
    units: random.below(3),
    revokes: random.chance(0.3),
    // Some seeds have none: what fails there fails without any.
    faults: randomFaults(random, random.below(9), endMs),
  };
}
