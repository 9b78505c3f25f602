import type { AudioCloudError, ErrorBody, Waiting } from '@audiocloud/api';
import { waitingTries } from '../actors/waiting.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { mayPlay, type TaskActor } from './task-step.ts';

const RUNNING = {
  inspect: 'It is asked what it has of the task',
  load: 'The task is being loaded',
  keep: 'The units of the task are being stored',
  transport: 'The transport is on its way',
} as const;

/**
 * What a task waits for until it is as it is wanted; all reasons at once. [any]
 *
 * at: its engine.   refusal: why no engine can take it.
 */
export function taskWaiting(
  task: TaskActor,
  id: string,
  at: RegisteredEngine | undefined,
  refusal: AudioCloudError | undefined,
): Waiting[] {
  const { desired, actual, running, isHeld, grant } = task;
  const units = desired.isPlaying ? grant.waits : [];
  const engine = at?.id ?? 'any';
  if (!actual) return [engineAway(engine, at, refusal), ...units];
  const tries = waitingTries(task);
  if (task.error) return [{ ...subjectOf(task, task.error, id, engine), why: task.error.message, ...tries }, ...units];
  const isDone = actual.revision === desired.revision && actual.isPlaying === desired.isPlaying;
  // A request is answered when it is through, and waits for nothing.
  if (isDone || isHeld) return [...units];
  const isStoring = running === 'keep' || (units.length === 0 && desired.isPlaying && !mayPlay(task));
  if (isStoring) return [{ what: 'store', id, why: RUNNING.keep, ...tries }, ...units];
  return running ? [{ what: 'engine', id: engine, why: RUNNING[running], ...tries }, ...units] : [...units];
}

function engineAway(id: string, at: RegisteredEngine | undefined, refusal: AudioCloudError | undefined): Waiting {
  const error = refusal ?? at?.engine.error;
  const { failures = 0, retryAtMs = null } = at?.engine.actor ?? {};
  return {
    what: 'engine',
    id,
    why: error?.message ?? 'No engine has answered yet',
    ...waitingTries({ failures, retryAtMs, error: error?.toJSON() ?? null }),
  };
}

/** What an error of a task is about. */
function subjectOf({ lastRun }: TaskActor, { code, details }: ErrorBody, id: string, engine: string) {
  const named = (detail: string, otherwise: string) => String(details?.[detail] ?? otherwise);
  if (lastRun === 'keep') return { what: 'store' as const, id };
  if (code.startsWith('MEDIA_')) return { what: 'media' as const, id: named('media', id) };
  if (code === 'MODEL_UNKNOWN' || code.startsWith('PLUGIN_')) return { what: 'model' as const, id: named('model', id) };
  return { what: 'engine' as const, id: engine };
}
