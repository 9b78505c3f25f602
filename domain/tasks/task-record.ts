import {
  applyEdits,
  instanceValues,
  type Loop,
  type Model,
  type ParameterChange,
  type Task,
  upgradeTask,
} from '@audiocloud/api';

/** What the store keeps of a task: what is wanted of it. */
export interface TaskRecord {
  /** Of the graph: counts creation, replacement and edits. Values set live and the transport do not raise it. */
  revision: number;
  graph: Task;
  /** Of its models, when the graph was changed last; see modelVersions. */
  versions?: Record<string, string>;
  isPlaying: boolean;
  positionSeconds: number;
  /** Overrides the loop of the graph; null for none. */
  loop?: Loop | null;
  /** The units that it has while it is to play, by instance; after that those that it had last. */
  units?: Record<string, string>;
  /** What hinders it, as the last `task.failed` told; see troubleOf. */
  trouble?: string;
}

/** The graph of a record as the models of now have it; undefined when it is so already. */
export function upgradedGraph({ graph, versions }: TaskRecord, models: readonly Model[]): Task | undefined {
  const next = versions && upgradeTask(models, graph, versions);
  return next === graph ? undefined : next;
}

/** The graph with values as they were set. */
export function withValues(graph: Task, changes: readonly ParameterChange[], models: readonly Model[]): Task {
  return applyEdits(
    graph,
    changes.map((change) => ({ op: 'set' as const, ...change })),
    (task, instance, parameter) => instanceValues(models, task, instance, parameter),
  );
}
