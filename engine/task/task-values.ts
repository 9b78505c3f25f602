import {
  AudioCloudError,
  hostParameter,
  hostValue,
  type Instance,
  type ParameterChange,
  parameterValues,
  setValue,
  type Task,
  type Value,
  valueCount,
  valueToNumber,
} from '@audiocloud/api';
import { portWidths } from '../plan/graph-nodes.ts';
import type { Registry } from '../registry/registry.ts';
import { COMMAND, type Command } from '../render/task-shared.ts';
import type { InstanceSet } from './instance-set.ts';
import { instanceNumbers, type TaskInstance } from './task-instance.ts';

const ALL = 0xffffffff;

/** A value, as a number, for one index of a parameter of an instance, or for all. */
export interface ValueChange {
  instance: TaskInstance;
  parameter: number;
  index: number | undefined;
  number: number;
}

/** A change that a client asked for, looked up. */
export interface ResolvedChange {
  change: ParameterChange;
  /** Index of the parameter in its model; -1: one of the host. */
  parameter: number;
  number: number;
}

/** Looks up what a change names. Throws NODE_UNKNOWN, PARAMETER_UNKNOWN, PARAMETER_VALUE, PARAMETER_LATCHED. */
export function resolveChange(graph: Task, registry: Registry, change: ParameterChange): ResolvedChange {
  const { instance: name, parameter: id, index, value } = change;
  const { instances = {} } = graph;
  const instance = Object.hasOwn(instances, name) ? instances[name] : undefined;
  if (!instance)
    throw new AudioCloudError('NODE_UNKNOWN', `Cannot set ${name}.${id}: the task has no instance '${name}'`, {
      instance: name,
    });
  const { model } = registry.find(instance.model);
  const ofHost = hostParameter(id);
  if (ofHost && instance.fixed === undefined && !index)
    return { change, parameter: -1, number: valueToNumber(ofHost, value, `${name}.${id}`) };
  const number = model.parameters.findIndex((candidate) => candidate.id === id);
  const parameter = model.parameters[number];
  if (!parameter)
    throw new AudioCloudError(
      'PARAMETER_UNKNOWN',
      `Cannot set ${name}.${id}: ${model.id} has the parameters ${model.parameters.map((p) => p.id).join(', ') || '(none)'}`,
      { instance: name, parameter: id },
    );
  if (parameter.latched)
    throw new AudioCloudError(
      'PARAMETER_LATCHED',
      `Cannot set ${name}.${id} live: its value is taken when the instance is activated; send it as an edit`,
      { instance: name, parameter: id },
    );
  const count = valueCount(parameter.scope, model, portWidths(name, instance, model));
  if (index !== undefined && index >= count)
    throw new AudioCloudError(
      'PARAMETER_VALUE',
      `Cannot set ${name}.${id}[${index}]: the parameter has ${count} value${count === 1 ? '' : 's'}`,
      { instance: name, parameter: id, index },
    );
  return {
    change,
    parameter: number,
    number: valueToNumber(parameter, value, `${name}.${id}`),
  };
}

/** All values of a parameter of an instance; none when its model has no such parameter. */
export function valuesOf(task: Task, registry: Registry, name: string, id: string): Value[] {
  const instance = task.instances![name]!;
  const ofHost = hostParameter(id);
  if (ofHost) return [hostValue(instance, ofHost)];
  const { model } = registry.find(instance.model);
  const parameter = model.parameters.find((candidate) => candidate.id === id);
  if (!parameter) return [];
  return parameterValues(
    parameter,
    valueCount(parameter.scope, model, portWidths(name, instance, model)),
    instance.parameters?.[id],
  );
}

/** The graph with one value changed, so that it says what is sounding. */
export function withValue(graph: Task, registry: Registry, change: ParameterChange): Task {
  const { instance: name, parameter, index, value } = change;
  const instance = graph.instances![name]!;
  const changed = setValue(instance, parameter, index, value, valuesOf(graph, registry, name, parameter));
  return { ...graph, instances: { ...graph.instances, [name]: changed } };
}

/** Values that a graph wants otherwise than they were last sent, of instances that stay. Throws PARAMETER_UNKNOWN, PARAMETER_VALUE. */
export function valueChanges(graph: Task, set: InstanceSet): ValueChange[] {
  const changes: ValueChange[] = [];
  for (const [name, instance] of set.changed) changes.push(...numbersChanged(name, graph.instances![name]!, instance));
  return changes;
}

/** Values that one instance, which stays, is to have otherwise than they were last sent. Throws PARAMETER_UNKNOWN, PARAMETER_VALUE. */
export function numbersChanged(name: string, wanted: Instance, instance: TaskInstance): ValueChange[] {
  const { model, widths, numbers } = instance;
  return instanceNumbers(name, wanted, model, widths).flatMap((values, parameter) =>
    values.flatMap((number, index) =>
      number === numbers[parameter]![index] ? [] : [{ instance, parameter, index, number }],
    ),
  );
}

/**
 * The command that sends a value to an instance as an event; the instance is noted to have it.
 *
 * generation: of the image that knows the instance.   frame: stream frame at which it applies; undefined: as soon as possible.
 */
export function valueCommand(change: ValueChange, generation: number, frame?: number): Command {
  const { instance, parameter, index, number } = change;
  const { memory, record, numbers } = instance;
  if (index === undefined) numbers[parameter]!.fill(number);
  else numbers[parameter]![index] = number;
  return {
    kind: COMMAND.parameter,
    a: memory,
    b: record,
    c: parameter,
    d: (index ?? ALL) | 0,
    value: number,
    value2: generation,
    ...(frame === undefined ? {} : { frame }),
  };
}
