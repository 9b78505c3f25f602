import type { Outcome } from './simulate.ts';

/** What is said of a world in which something is not as it must be. [any] */
export function report({ plan, violation, tail }: Outcome, lines = 25): string {
  const { seed, makers, watchers, engines, units, endMs, faults } = plan;
  const world = `${engines} engines, ${units} units each, ${makers} makers, ${watchers} watchers, ${endMs} ms`;
  return [
    `seed ${seed} broke ${violation?.invariant}: ${violation?.why}`,
    `in a world of ${world}; faults: ${faults.map(({ kind, atMs }) => `${kind} at ${atMs}`).join(', ') || 'none'}`,
    ...tail.slice(-lines),
    `again: node domain/simulation/run.ts --seed ${seed} --trace`,
  ].join('\n');
}
