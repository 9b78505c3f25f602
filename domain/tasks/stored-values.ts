import { HOST_PARAMETERS, instanceValues, type Model, modelOf, type ParameterChange, type Task } from '@audiocloud/api';

/**
 * Every value of a task that can be set live, as its graph has it. [any]
 *
 * For an engine that may have others: the domain was killed before it stored what it had set. Without those that lanes move,
 * those that are taken when an instance is activated, and those of hardware.
 */
export function storedValues(models: readonly Model[], graph: Task): ParameterChange[] {
  const { instances = {}, lanes = {} } = graph;
  const isMoved = (instance: string, parameter: string) =>
    Object.values(lanes).some((lane) => lane.instance === instance && lane.parameter === parameter);
  return Object.entries(instances).flatMap(([instance, node]) => {
    if (node.fixed !== undefined) return [];
    const ofModel = modelOf(models, node)?.parameters.filter(({ latched }) => !latched) ?? [];
    return [...ofModel, ...HOST_PARAMETERS]
      .filter(({ id }) => !isMoved(instance, id))
      .flatMap(({ id }) =>
        instanceValues(models, graph, instance, id).map((value, index) => ({ instance, parameter: id, index, value })),
      );
  });
}
