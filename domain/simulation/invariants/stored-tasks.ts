import { TASK_PREFIX } from '../../tasks/task-address.ts';
import type { TaskRecord } from '../../tasks/task-record.ts';
import type { World } from '../world/world.ts';

/** Every stored task with what its engine has of it. */
export function* pairs(world: World) {
  for (const { key, value: record } of world.disk.readAll<TaskRecord>(TASK_PREFIX)) {
    const name = world.engineNameOf(key);
    const host = world.engines.find((engine) => engine.name === record.engine);
    yield { name, record, held: host?.engine?.look(name) };
  }
}

/** What hardware is for: it plays only when it has a unit for each instance that asks for one. */
export const fixedOf = ({ graph }: TaskRecord): string[] =>
  Object.values(graph.instances ?? {}).flatMap(({ fixed }) => (fixed === undefined ? [] : [fixed]));

/** What a task has of hardware, as the domain stored it; without those of instances that are gone. */
export function unitsOf({ units = {}, graph }: TaskRecord): string[] {
  return Object.entries(units).flatMap(([instance, unit]) =>
    graph.instances?.[instance]?.fixed === undefined ? [] : [unit],
  );
}
