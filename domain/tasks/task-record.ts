import { applyEdits, instanceValues, type Loop, type Model, type ParameterChange, type Task } from '@audiocloud/api';

/** What the store keeps of a task: what is wanted of it. */
export interface TaskRecord {
  /** Of the graph: counts creation, replacement and edits. Values set live and the transport do not raise it. */
  revision: number;
  graph: Task;
  isPlaying: boolean;
  positionSeconds: number;
  /** Overrides the loop of the graph; null for none. */
  loop?: Loop | null;
}

export const TASK_PREFIX = 'task/';
export const taskKey = (id: string) => TASK_PREFIX + id;

/** The graph with values as they were set. */
export function withValues(graph: Task, changes: readonly ParameterChange[], models: readonly Model[]): Task {
  return applyEdits(
    graph,
    changes.map((change) => ({ op: 'set' as const, ...change })),
    (task, instance, parameter) => instanceValues(models, task, instance, parameter),
  );
}
