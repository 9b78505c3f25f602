import { AudioCloudError } from './errors.ts';
import type { GraphEdit } from './graph-edit.ts';
import type { Value } from './model.ts';
import type { Instance, Task } from './task.ts';

const NODES = ['tracks', 'buses', 'instances', 'sinks'];

/** Removes a node or part and, with a node, its connections. */
function remove(
  task: Task,
  part: 'media' | 'tracks' | 'buses' | 'instances' | 'connections' | 'sinks',
  name: string,
): Task {
  const { [name]: gone, ...rest } = (task[part] ?? {}) as Record<string, unknown>;
  if (gone === undefined || !Object.hasOwn(task[part] ?? {}, name))
    throw new AudioCloudError('NODE_UNKNOWN', `Cannot remove '${name}': ${part} has none of that name`, { part, name });
  const next = { ...task, [part]: rest } as Task;
  if (!NODES.includes(part)) return next;
  const connections = Object.entries(task.connections ?? {}).filter(
    ([, { from, to }]) => from.node !== name && to.node !== name,
  );
  return { ...next, connections: Object.fromEntries(connections) };
}

/** The instance with one value set; a value for one index turns a single value into a list as long as needed. */
export function setValue(
  instance: Instance,
  parameter: string,
  index: number | undefined,
  value: Value,
  fill: Value[],
): Instance {
  const before = instance.parameters?.[parameter];
  let after: Value | Value[] = value;
  if (index !== undefined) {
    const list = fill.map((initial, i) => (Array.isArray(before) ? before[i] : before) ?? initial);
    list[index] = value;
    after = list;
  }
  return { ...instance, parameters: { ...instance.parameters, [parameter]: after } };
}

/**
 * The task after a list of edits; the task given is left as it is. [any]
 *
 * valuesOf: all values of a parameter before the edit, one for each channel or count (the model knows how many).
 * Throws NODE_UNKNOWN for what is not there; the result is not yet planned, so it may still be refused by plan.
 */
export function applyEdits(
  task: Task,
  edits: readonly GraphEdit[],
  valuesOf: (task: Task, instance: string, parameter: string) => Value[],
): Task {
  let next = task;
  for (const edit of edits) {
    if (edit.op === 'put') next = { ...next, [edit.part]: { ...next[edit.part], [edit.name]: edit.value } } as Task;
    else if (edit.op === 'remove') next = remove(next, edit.part, edit.name);
    else if (edit.op === 'loop') {
      const { loop: _, ...rest } = next;
      next = edit.loop ? { ...rest, loop: edit.loop } : rest;
    } else {
      const instances = next.instances ?? {};
      const instance = Object.hasOwn(instances, edit.instance) ? instances[edit.instance] : undefined;
      if (!instance)
        throw new AudioCloudError(
          'NODE_UNKNOWN',
          `Cannot set ${edit.parameter}: the task has no instance '${edit.instance}'`,
          { instance: edit.instance },
        );
      const changed = setValue(
        instance,
        edit.parameter,
        edit.index,
        edit.value,
        valuesOf(next, edit.instance, edit.parameter),
      );
      next = { ...next, instances: { ...next.instances, [edit.instance]: changed } };
    }
  }
  return next;
}
