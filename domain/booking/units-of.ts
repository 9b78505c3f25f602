import type { Task } from '@audiocloud/api';

/** The units that a task names, or those of some of its instances. What it takes as `any` is not among them. [any] */
export function unitsOf({ instances = {} }: Task, names: Iterable<string> = Object.keys(instances)): string[] {
  const units = new Set<string>();
  for (const name of names) {
    const fixed = Object.hasOwn(instances, name) ? instances[name]!.fixed : undefined;
    if (fixed !== undefined && fixed !== 'any') units.add(fixed);
  }
  return [...units];
}
