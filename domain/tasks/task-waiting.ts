import type { ErrorBody, Waiting } from '@audiocloud/api';
import { waitingTries } from '../actors/waiting.ts';
import { mayPlay, type TaskActor } from './task-step.ts';

const RUNNING = {
  inspect: 'It is asked what it has of the task',
  load: 'The task is being loaded',
  keep: 'The units of the task are being stored',
  transport: 'The transport is on its way',
} as const;

/** Where no engine was found for it. */
const NO_ENGINE = 'none';

/** What a task waits for until it is as it is wanted; all reasons at once. [any] */
export function taskWaiting(task: TaskActor, id: string, engine = NO_ENGINE, away?: ErrorBody): Waiting[] {
  const { desired, actual, running, isHeld, grant } = task;
  const units = desired.isPlaying ? grant.waits : [];
  if (!actual) {
    const why = away?.message ?? 'No engine has answered yet';
    return [{ what: 'engine', id: engine, why, ...(away ? { error: away } : {}), retries: 0 }, ...units];
  }
  const tries = waitingTries(task);
  if (task.error) return [{ ...subjectOf(task, task.error, id, engine), why: task.error.message, ...tries }, ...units];
  const isDone = actual.revision === desired.revision && actual.isPlaying === desired.isPlaying;
  // A request is answered when it is through, and waits for nothing.
  if (isDone || isHeld) return [...units];
  const isStoring = running === 'keep' || (units.length === 0 && desired.isPlaying && !mayPlay(task));
  if (isStoring) return [{ what: 'store', id, why: RUNNING.keep, ...tries }, ...units];
  return running ? [{ what: 'engine', id: engine, why: RUNNING[running], ...tries }, ...units] : [...units];
}

/** What an error of a task is about. */
function subjectOf({ lastRun }: TaskActor, { code, details }: ErrorBody, id: string, engine: string) {
  const named = (detail: string, otherwise: string) => String(details?.[detail] ?? otherwise);
  if (lastRun === 'keep') return { what: 'store' as const, id };
  if (code.startsWith('MEDIA_')) return { what: 'media' as const, id: named('media', id) };
  if (code === 'MODEL_UNKNOWN' || code.startsWith('PLUGIN_')) return { what: 'model' as const, id: named('model', id) };
  return { what: 'engine' as const, id: engine };
}
