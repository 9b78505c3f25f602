import {
  applyEdits,
  instanceValues,
  type Loop,
  type Model,
  type ParameterChange,
  type Task,
  upgradeTask,
} from '@audiocloud/api';
import type { PartRevisions } from './part-revisions.ts';

/** What the store keeps of a task: what is wanted of it. */
export interface TaskRecord {
  /** Of the graph: counts creation, replacement and edits. Values set live and the transport do not raise it. */
  revision: number;
  graph: Task;
  /** When its parts were put last. */
  parts?: PartRevisions;
  /** Of its models, when the graph was changed last; see modelVersions. */
  versions?: Record<string, string>;
  isPlaying: boolean;
  positionSeconds: number;
  /** Overrides the loop of the graph; null for none. */
  loop?: Loop | null;
  /** The units that it has while it is to play, by instance; after that those that it had last. */
  units?: Record<string, string>;
  /** The engine that it is on, or was on; one that the domain may not have any more. */
  engine?: string;
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

/** The graph with what plugins keep beside their parameters, by instance. */
export function graphWithStates(graph: Task, states: Readonly<Record<string, string>>): Task {
  const instances = Object.entries(graph.instances ?? {}).map(([name, instance]) => {
    const state = Object.hasOwn(states, name) ? states[name] : undefined;
    return [name, state === undefined ? instance : { ...instance, state }];
  });
  return instances.length === 0 ? graph : { ...graph, instances: Object.fromEntries(instances) };
}
