import { hostParameter, hostValue } from './host-parameters.ts';
import type { Model, Value } from './model.ts';
import { parameterValues, valueCount } from './parameter-value.ts';
import type { Instance, Task } from './task.ts';

/** The instance of a name; undefined when there is none, also for names that every object has (`constructor`). [any] */
export function instanceOf({ instances }: Task, name: string): Instance | undefined {
  return instances && Object.hasOwn(instances, name) ? instances[name] : undefined;
}

/** The model that an instance names, with or without its version. [any] */
export function modelOf(models: readonly Model[], instance: Instance | undefined): Model | undefined {
  if (!instance) return undefined;
  const [id, version] = instance.model.split('@');
  return models.find((model) => model.id === id && (version === undefined || model.version === version));
}

/** Channels of every audio port: those the instance asks for, else those of the port named by `as`, else the default. */
export function portWidths(model: Model, instance: Instance): Record<string, number> {
  const ports = [...model.inputs, ...model.outputs];
  const widthOf = (id: string, depth = 0): number => {
    const channels = ports.find((port) => port.id === id)?.channels;
    const given = instance.widths?.[id];
    if (given !== undefined || !channels) return given ?? 1;
    // a model that points in a circle is refused by its check; the depth only keeps this from hanging
    return channels.as && depth < ports.length ? widthOf(channels.as, depth + 1) : channels.default;
  };
  return Object.fromEntries(ports.filter((port) => port.channels).map((port) => [port.id, widthOf(port.id)]));
}

/** All values of one parameter of an instance in a task, one for each channel or count; none when it is unknown. [any] */
export function instanceValues(models: readonly Model[], task: Task, instance: string, parameter: string): Value[] {
  const node = instanceOf(task, instance);
  const ofHost = hostParameter(parameter);
  if (ofHost) return node ? [hostValue(node, ofHost)] : [];
  const model = modelOf(models, node);
  const found = model?.parameters.find(({ id }) => id === parameter);
  if (!node || !model || !found) return [];
  const count = valueCount(found.scope, model, portWidths(model, node));
  return parameterValues(found, count, node.parameters?.[parameter]);
}
