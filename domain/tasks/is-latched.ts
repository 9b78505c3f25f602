import { instanceOf, type Model, modelOf, type ParameterChange, type Task } from '@audiocloud/api';

/** Is it of those values that are taken when an instance is activated? Those are set with an edit. [any] */
export function isLatched(models: readonly Model[], graph: Task, { instance, parameter }: ParameterChange): boolean {
  const model = modelOf(models, instanceOf(graph, instance));
  return model?.parameters.find(({ id }) => id === parameter)?.latched === true;
}
