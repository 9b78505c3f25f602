import { AudioCloudError } from './errors.ts';
import type { GraphEdit } from './graph-edit.ts';
import { hostParameter, withHostValue } from './host-parameters.ts';
import type { Value } from './model.ts';
import type { Instance, Task, TaskPart } from './task.ts';

const NODES: readonly TaskPart[] = ['tracks', 'buses', 'instances', 'sinks'];

/**
 * A record of the same names and the same objects.
 *
 * An object without a prototype is a hash table from its first name on. A spread of a thousand names takes four times
 * as long, because it grows through the shapes of a small object first.
 */
function copyOf(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const copy = Object.create(null);
  for (const name of Object.keys(record)) copy[name] = record[name];
  return Object.setPrototypeOf(copy, Object.prototype);
}

/** A task on its way through edits: each part is copied when it changes for the first time, what it holds never is. */
class Draft {
  readonly task: Task;
  readonly #copied = new Set<TaskPart>();

  constructor(task: Task) {
    this.task = { ...task };
  }

  /** A part to change. */
  part(part: TaskPart): Record<string, unknown> {
    const parts = this.task as Record<TaskPart, Record<string, unknown> | undefined>;
    if (!this.#copied.has(part)) {
      parts[part] = copyOf(parts[part] ?? {});
      this.#copied.add(part);
    }
    return parts[part]!;
  }

  /** Removes a node or part and, with a node, its connections. */
  remove(part: TaskPart, name: string): void {
    if (!Object.hasOwn(this.task[part] ?? {}, name))
      throw new AudioCloudError('NODE_UNKNOWN', `Cannot remove '${name}': ${part} has none of that name`, {
        part,
        name,
      });
    delete this.part(part)[name];
    if (!NODES.includes(part)) return;
    const { connections = {} } = this.task;
    if (part === 'instances')
      for (const played of ['lanes', 'notes'] as const)
        for (const [id, { instance }] of Object.entries(this.task[played] ?? {}))
          if (instance === name) delete this.part(played)[id];
    for (const connection of Object.keys(connections)) {
      const { from, to } = connections[connection]!;
      if (from.node === name || to.node === name) delete this.part('connections')[connection];
    }
  }
}

/** The instance with one value set; a value for one index turns a single value into a list as long as needed. */
export function setValue(
  instance: Instance,
  parameter: string,
  index: number | undefined,
  value: Value,
  fill: Value[],
): Instance {
  const ofHost = hostParameter(parameter);
  if (ofHost) return withHostValue(instance, ofHost, value);
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
 * What does not change is the same object as before: parts, and inside a changed part every instance, connection and so on.
 *
 * valuesOf: all values of a parameter before the edit, one for each channel or count (the model knows how many). Its task
 * is the one edited so far, to read and not to keep.
 * Throws NODE_UNKNOWN for what is not there; the result is not yet planned, so it may still be refused by plan.
 */
export function applyEdits(
  task: Task,
  edits: readonly GraphEdit[],
  valuesOf: (task: Task, instance: string, parameter: string) => Value[],
): Task {
  if (edits.length === 0) return task;
  const draft = new Draft(task);
  const next = draft.task;
  for (const edit of edits) {
    if (edit.op === 'put') draft.part(edit.part)[edit.name] = edit.value;
    else if (edit.op === 'remove') draft.remove(edit.part, edit.name);
    else if (edit.op === 'loop') {
      delete next.loop;
      if (edit.loop) next.loop = edit.loop;
    } else {
      const instances = next.instances ?? {};
      const instance = Object.hasOwn(instances, edit.instance) ? instances[edit.instance] : undefined;
      if (!instance)
        throw new AudioCloudError(
          'NODE_UNKNOWN',
          `Cannot set ${edit.parameter}: the task has no instance '${edit.instance}'`,
          { instance: edit.instance },
        );
      draft.part('instances')[edit.instance] = setValue(
        instance,
        edit.parameter,
        edit.index,
        edit.value,
        valuesOf(next, edit.instance, edit.parameter),
      );
    }
  }
  return next;
}
