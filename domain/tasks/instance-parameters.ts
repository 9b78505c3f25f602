import {
  HOST_PARAMETERS,
  type InstanceParameters,
  instanceValues,
  type Model,
  modelOf,
  type Task,
  type Value,
} from '@audiocloud/api';

/**
 * The values of one instance as a graph has them, one for each channel or count. [any]
 *
 * With its model, defaults are among them; while no engine offers that, those alone which are written.
 */
export function instanceParameters(models: readonly Model[], graph: Task, instance: string): InstanceParameters {
  const node = graph.instances![instance]!;
  const model = modelOf(models, node);
  const ids = [...(model?.parameters ?? []), ...HOST_PARAMETERS].map(({ id }) => id);
  const values = (id: string): [string, Value[]] => [id, instanceValues(models, graph, instance, id)];
  const written = Object.entries(node.parameters ?? {}).map(([id, value]): [string, Value[]] => [id, [value].flat()]);
  return { instance, model: node.model, parameters: Object.fromEntries(model ? ids.map(values) : written) };
}
