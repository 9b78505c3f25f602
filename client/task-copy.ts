import {
  AudioCloudError,
  type LiveEvent,
  type LiveMessage,
  type Model,
  type ParameterChange,
  type Task,
  type TaskState,
  applyEdits,
  instanceValues,
} from '@audiocloud/api';

export type Snapshot = Extract<LiveMessage, { type: 'snapshot' }>;

/** A task as of one event. */
export interface TaskCopy {
  sequence: number;
  revision: number;
  task: Task;
  state: TaskState;
}

/**
 * The copy after the next event; the one given is left as it is. [any]
 *
 * The event must be the one that follows, or stand for it (`from` at most sequence + 1). Throws NODE_UNKNOWN or MODEL_UNKNOWN when the copy
 * cannot follow.
 */
export function followEvent(copy: TaskCopy, event: LiveEvent, models: readonly Model[]): TaskCopy {
  const next = { ...copy, sequence: event.sequence };
  const valuesOf = (task: Task, instance: string, parameter: string) =>
    instanceValues(models, task, instance, parameter);
  /** Where one value of several is set, the model says how many there are. */
  const mustBeKnown = ({ instance, parameter, index }: ParameterChange) => {
    if (index !== undefined && valuesOf(copy.task, instance, parameter).length === 0)
      throw new AudioCloudError('MODEL_UNKNOWN', `Cannot follow ${instance}.${parameter}: its model is not known here`);
  };
  if ('changes' in event) for (const change of event.changes) mustBeKnown(change);
  if ('edits' in event) for (const edit of event.edits) if (edit.op === 'set') mustBeKnown(edit);
  switch (event.type) {
    case 'changed':
      return {
        ...next,
        task: applyEdits(
          copy.task,
          event.changes.map((change) => ({ op: 'set', ...change })),
          valuesOf,
        ),
      };
    case 'edited':
      return { ...next, revision: event.revision, task: applyEdits(copy.task, event.edits, valuesOf) };
    case 'state':
      return { ...next, state: event.state };
    default:
      return next;
  }
}
