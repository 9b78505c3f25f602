import { type GraphEdit, instanceValues, type Model, type Task } from '@audiocloud/api';

/** Edits, or how they come from the graph as it is when their turn comes. */
export type AskedEdits = GraphEdit[] | ((graph: Task) => GraphEdit[]);

export const editsOf = (asked: AskedEdits, graph: Task): GraphEdit[] =>
  typeof asked === 'function' ? asked(graph) : asked;

/** What applyEdits asks for, answered by the models there are. */
export const valuesFrom =
  (models: readonly Model[]) =>
  (task: Task, instance: string, parameter: string): ReturnType<typeof instanceValues> =>
    instanceValues(models, task, instance, parameter);
