import type { Task } from '@audiocloud/api';

/** The units that a task names. What it takes as `any` is not among them. [any] */
export function unitsOf({ instances = {} }: Task): string[] {
  const units = Object.values(instances).flatMap(({ fixed }) =>
    fixed === undefined || fixed === 'any' ? [] : [fixed],
  );
  return [...new Set(units)];
}
