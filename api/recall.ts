import { AudioCloudError } from './errors.ts';
import type { ParameterChange } from './graph-edit.ts';
import { HOST_PARAMETERS, hostParameter } from './host-parameters.ts';
import { instanceValues, modelOf, portWidths } from './instance-values.ts';
import type { Model, Parameter, PresetValues } from './model.ts';
import { parameterValues, valueCount, valueToNumber } from './parameter-value.ts';
import type { PresetContent } from './preset.ts';
import type { Task } from './task.ts';
import { upgradeValues } from './upgrade.ts';

type OfModel = Extract<PresetContent, { model: string }>;

function mismatch(message: string, details: Record<string, unknown>): AudioCloudError {
  return new AudioCloudError('PRESET_MISMATCH', message, details);
}

function modelOfInstance(models: readonly Model[], task: Task, name: string): Model {
  const { instances = {} } = task;
  const instance = Object.hasOwn(instances, name) ? instances[name] : undefined;
  if (!instance)
    throw new AudioCloudError('NODE_UNKNOWN', `Cannot find instance '${name}': the task has none of that name`, {
      instance: name,
    });
  const model = modelOf(models, instance);
  if (!model)
    throw new AudioCloudError('MODEL_UNKNOWN', `Cannot find model ${instance.model}: no engine offers it`, {
      model: instance.model,
    });
  return model;
}

/** The values that instances have now, all of them: recalled, they give exactly this. Throws NODE_UNKNOWN, MODEL_UNKNOWN. [any] */
export function captureValues(models: readonly Model[], task: Task, instance?: string): PresetContent {
  const capture = (name: string, withHost: boolean): OfModel => {
    const model = modelOfInstance(models, task, name);
    const { fixed, state } = task.instances![name]!;
    const isFixed = fixed !== undefined;
    const parameters = [...model.parameters, ...(withHost && !isFixed ? HOST_PARAMETERS : [])];
    const values = parameters.map(({ id }) => [id, instanceValues(models, task, name, id)]);
    return {
      model: `${model.id}@${model.version}`,
      parameters: Object.fromEntries(values),
      ...(state === undefined ? {} : { state }),
    };
  };
  if (instance !== undefined) return capture(instance, false);
  const names = Object.keys(task.instances ?? {});
  return { instances: Object.fromEntries(names.map((name) => [name, capture(name, true)])) };
}

/** Values of one parameter that are to become others. */
function changesOf(
  place: { instance: string; parameter: string },
  parameter: Parameter,
  wanted: readonly unknown[],
  now: readonly unknown[],
): ParameterChange[] {
  return wanted.flatMap((value, index): ParameterChange[] => {
    const number = valueToNumber(parameter, value as never, `${place.instance}.${place.parameter}`);
    if (number === valueToNumber(parameter, now[index] as never)) return [];
    return [{ ...place, ...(wanted.length > 1 ? { index } : {}), value: value as never }];
  });
}

/**
 * The changes that bring one instance to what a preset says: parameters that it does not name go to their default, those of
 * the host stay. Pure. [any]
 *
 * Throws NODE_UNKNOWN, MODEL_UNKNOWN, PRESET_MISMATCH, PARAMETER_VALUE.
 */
export function recallInstance(
  models: readonly Model[],
  task: Task,
  instance: string,
  parameters: PresetValues,
): ParameterChange[] {
  const model = modelOfInstance(models, task, instance);
  const widths = portWidths(model, task.instances![instance]!);
  const isKnown = (id: string) => hostParameter(id) !== undefined || model.parameters.some((one) => one.id === id);
  const unknown = Object.keys(parameters).filter((id) => !isKnown(id));
  if (unknown.length > 0)
    throw mismatch(
      `Cannot recall into '${instance}': ${model.id}@${model.version} has no parameter ${unknown.join(', ')}; save the preset anew from an instance of this version`,
      { instance, model: model.id, parameters: unknown },
    );
  const given = HOST_PARAMETERS.filter(({ id }) => Object.hasOwn(parameters, id));
  return [...model.parameters, ...given].flatMap((parameter) => {
    const now = instanceValues(models, task, instance, parameter.id);
    const count = hostParameter(parameter.id) ? 1 : valueCount(parameter.scope, model, widths);
    const wanted = parameterValues(parameter, count, parameters[parameter.id]);
    return changesOf({ instance, parameter: parameter.id }, parameter, wanted, now);
  });
}

/**
 * The changes that bring a task to what a preset says. Pure. [any]
 *
 * instance: for a preset of a model. Throws as recallInstance; PRESET_MISMATCH also for an instance of another model, and
 * where the preset is for a task and an instance is named, or the other way round.
 */
export function recallChanges(
  models: readonly Model[],
  task: Task,
  content: PresetContent,
  instance?: string,
): ParameterChange[] {
  const parts = 'instances' in content ? content.instances : undefined;
  if (parts && instance !== undefined)
    throw mismatch(`Cannot recall into '${instance}': the preset is for a whole task; leave out the instance`, {
      instance,
    });
  if (!parts && instance === undefined)
    throw mismatch('Cannot recall into the task: the preset is for one instance; name the instance', {});
  return Object.entries(parts ?? { [instance!]: content as OfModel }).flatMap(([name, { model, parameters }]) => {
    const there = modelOfInstance(models, task, name);
    const [id, version] = model.split('@');
    if (there.id !== id)
      throw mismatch(`Cannot recall into '${name}': the preset is for ${id}, the instance is of ${there.id}`, {
        instance: name,
        model: there.id,
        wanted: id,
      });
    return recallInstance(models, task, name, version ? upgradeValues(there, parameters, version) : parameters);
  });
}
