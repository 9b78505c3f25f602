import {
  AudioCloudError,
  type FixedChanges,
  type Model,
  modelOf,
  type ParameterChange,
  parameterValues,
  type Task,
  type Value,
  valueCount,
  valueToNumber,
  modelWithoutVersion,
} from '@audiocloud/api';
import type { UnitNeed } from './assign-units.ts';
import type { UnitValue, Values } from './unit-step.ts';

type Instance = NonNullable<Task['instances']>[string];

/** What the fixed instances of a task need. last: the units that it had, by instance. [any] */
export function unitNeeds({ instances = {} }: Task, last: Readonly<Record<string, string>>): UnitNeed[] {
  return Object.entries(instances).flatMap(([instance, { model, fixed }]) => {
    if (fixed === undefined) return [];
    const had = last[instance];
    return [{ instance, model: modelWithoutVersion(model), fixed, ...(had === undefined ? {} : { last: had }) }];
  });
}

/** Every value of an instance, in the order of its model; what the task leaves out has its default. [any] */
export function unitValues(models: readonly Model[], instance: Instance): Values {
  const model = modelOf(models, instance);
  if (!model) return {};
  return Object.fromEntries(
    model.parameters.map((parameter) => [
      parameter.id,
      parameterValues(parameter, valueCount(parameter.scope, model, {}), instance.parameters?.[parameter.id]),
    ]),
  );
}

/**
 * The values of the parameters that are changed. Throws PARAMETER_UNKNOWN, PARAMETER_VALUE. [any]
 *
 * before: what they are now; what is not known has its default.
 */
export function changedValues(
  model: Model,
  unit: string,
  changes: FixedChanges['changes'],
  before: (parameter: string) => readonly Value[] | undefined,
): Values {
  const next: Record<string, Value[]> = {};
  for (const { parameter: id, index, value } of changes) {
    const parameter = model.parameters.find((one) => one.id === id);
    if (!parameter)
      throw new AudioCloudError(
        'PARAMETER_UNKNOWN',
        `Cannot set ${unit}.${id}: ${model.id} has ${model.parameters.map((one) => one.id).join(', ') || 'no parameters'}`,
        { instance: unit, parameter: id },
      );
    valueToNumber(parameter, value, `${unit}.${id}`);
    next[id] ??= [...(before(id) ?? parameterValues(parameter, valueCount(parameter.scope, model, {}), undefined))];
    const count = next[id].length;
    if (index !== undefined && index >= count)
      throw new AudioCloudError(
        'PARAMETER_VALUE',
        `Cannot set ${unit}.${id}[${index}]: it has ${count} values, counted from 0`,
        { instance: unit, parameter: id, index },
      );
    if (index === undefined) next[id].fill(value);
    else next[id][index] = value;
  }
  return next;
}

/** Values that changes of a unit ask for, the last one of each place; `values` are all values of their parameters. [any] */
export function askedValues(changes: FixedChanges['changes'], values: Values): UnitValue[] {
  const asked = new Map<string, UnitValue>();
  for (const { parameter, index, value } of changes)
    for (const i of index === undefined ? (values[parameter] ?? []).keys() : [index])
      asked.set(`${parameter} ${i}`, { parameter, index: i, value });
  return [...asked.values()];
}

/** The changes of a task that are for its fixed instances, by instance. [any] */
export function fixedChanges(
  { instances = {} }: Task,
  changes: readonly ParameterChange[],
): Map<string, FixedChanges['changes']> {
  const fixed = changes.filter(({ instance }) => instances[instance]?.fixed !== undefined);
  return new Map(
    [...Map.groupBy(fixed, ({ instance }) => instance)].map(([instance, list]) => [
      instance,
      list.map(({ instance: _, ...change }) => change),
    ]),
  );
}
