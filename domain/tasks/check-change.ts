import {
  AudioCloudError,
  hostParameter,
  instanceValues,
  type Model,
  modelOf,
  type ParameterChange,
  type Task,
  valueToNumber,
} from '@audiocloud/api';

/**
 * Throws what an engine refuses a change with, as far as it can be known here: NODE_UNKNOWN, PARAMETER_UNKNOWN, PARAMETER_VALUE.
 * For values that no engine sees, since newer ones take their place. [any]
 */
export function checkChange(models: readonly Model[], task: Task, change: ParameterChange): void {
  const { instance, parameter, index, value } = change;
  const { instances = {} } = task;
  const where = `${instance}.${parameter}`;
  if (!Object.hasOwn(instances, instance))
    throw new AudioCloudError('NODE_UNKNOWN', `Cannot set ${where}: the task has no instance '${instance}'`, {
      instance,
    });
  const model = modelOf(models, instances[instance]);
  const found = hostParameter(parameter) ?? model?.parameters.find(({ id }) => id === parameter);
  if (model && !found)
    throw new AudioCloudError('PARAMETER_UNKNOWN', `Cannot set ${where}: ${model.id} has no such parameter`, {
      instance,
      parameter,
    });
  if (!found) return;
  valueToNumber(found, value, where);
  const count = instanceValues(models, task, instance, parameter).length;
  if (index !== undefined && count > 0 && index >= count)
    throw new AudioCloudError('PARAMETER_VALUE', `Cannot set ${where}[${index}]: the parameter has ${count} values`, {
      instance,
      parameter,
      index,
    });
}
