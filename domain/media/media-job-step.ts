import type { ErrorBody, MediaJobState } from '@audiocloud/api';
import type { Actor, Step, Wake } from '../actors/actor.ts';
import { backOffMs } from '../actors/back-off.ts';
import { earliestMs } from '../actors/lease.ts';
import { isDue, isHopeless, type Retry, UNFAILED } from '../actors/retry.ts';

/*
 * One media job, as a pure function: no clock, no disk, no store. It waits for its turn among the others, has its bytes copied
 * and hashed, and has its end stored, with the media when it went well. Whatever fails before its end is stored is tried again.
 */

/** After so many tries that failed a job is given up: some 90 s. */
export const MOST_TRIES = 10;

/** Bytes that were copied. */
export interface Content {
  sha256: string;
  bytes: number;
}

/** How it ends, until that is stored. */
export type Outcome =
  | { state: 'done'; content: Content }
  | { state: 'failed'; error: ErrorBody }
  | { state: 'cancelled' };

export interface MediaJobActor {
  /** What is wanted of it. */
  desired: 'done' | 'cancelled';
  /** What is. */
  state: MediaJobState;
  /** Copied so far in this try, and of how many. */
  bytes: number;
  totalBytes: number | undefined;
  /** Of the copy. */
  tries: Retry;
  /** How it is to end; undefined while that is open. */
  outcome: Outcome | undefined;
  isStoring: boolean;
  /** Of storing its end, which is never given up. */
  storing: Retry;
}

export type MediaJobEvent =
  /** It is taken up, new or after a restart. */
  | { type: 'begin' }
  | { type: 'turn' }
  | { type: 'progress'; bytes: number; totalBytes?: number }
  | { type: 'copied'; content: Content }
  | { type: 'refused'; error: ErrorBody }
  /** That it is to be cancelled is stored. */
  | { type: 'cancel' }
  | { type: 'stored' }
  | { type: 'unstored'; error: ErrorBody }
  /** What was copied is not there any more. */
  | { type: 'lost'; error: ErrorBody };

export type MediaJobEffect =
  /** Wait for a turn among the others; answered with turn. */
  | { kind: 'ask' }
  /** Answered with progress, then copied or refused. */
  | { kind: 'copy' }
  /** Has the copy end soon, with refused or copied. */
  | { kind: 'abort' }
  /** Store its end, as it is to be when its turn comes: it may be cancelled until then. Answered with stored, unstored or lost. */
  | { kind: 'store' }
  /** Others may have its turn. */
  | { kind: 'leave' };

export const newMediaJob = (desired: MediaJobActor['desired'] = 'done'): MediaJobActor => ({
  desired,
  state: 'queued',
  bytes: 0,
  totalBytes: undefined,
  tries: UNFAILED,
  outcome: undefined,
  isStoring: false,
  storing: UNFAILED,
});

/** Whether its end is stored. [any] */
export const hasEnded = ({ state }: Pick<MediaJobActor, 'state'>): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

export const mediaJobActor: Actor<MediaJobActor, MediaJobEvent, MediaJobEffect> = {
  step(before, event, nowMs) {
    const { state, effects } = hasEnded(before) ? nothing(before) : take(before, event, nowMs);
    const { outcome, isStoring, storing } = state;
    if (!outcome || isStoring || hasEnded(state) || !isDue(storing, nowMs)) return { state, effects };
    const begun = { ...state, isStoring: true, storing: { ...storing, retryAtMs: null } };
    return { state: begun, effects: [...effects, { kind: 'store' }] };
  },
  wakeAtMs({ state, outcome, isStoring, tries, storing }) {
    if (outcome) return isStoring ? undefined : earliestMs(storing.retryAtMs);
    return state === 'waiting' ? earliestMs(tries.retryAtMs) : undefined;
  },
  laneOf: ({ kind }) => (kind === 'copy' ? 'copy' : kind === 'store' ? 'store' : undefined),
};

const nothing = (state: MediaJobActor): Step<MediaJobActor, MediaJobEffect> => ({ state, effects: [] });

function take(job: MediaJobActor, event: MediaJobEvent | Wake, nowMs: number): Step<MediaJobActor, MediaJobEffect> {
  const to = (change: Partial<MediaJobActor>, ...effects: MediaJobEffect[]) => ({
    state: { ...job, ...change },
    effects,
  });
  const isCopying = job.state === 'running' && !job.outcome;
  switch (event.type) {
    case 'begin':
      return job.desired === 'cancelled' ? to({ outcome: { state: 'cancelled' } }) : to({}, { kind: 'ask' });
    case 'turn':
      if (job.state !== 'queued' || job.outcome) return to({}, { kind: 'leave' });
      return to({ state: 'running', bytes: 0, totalBytes: undefined }, { kind: 'copy' });
    case 'progress':
      return isCopying ? to({ bytes: event.bytes, totalBytes: event.totalBytes }) : nothing(job);
    case 'copied': {
      if (!isCopying) return nothing(job);
      const { content } = event;
      const outcome: Outcome = job.desired === 'cancelled' ? { state: 'cancelled' } : { state: 'done', content };
      return to({ outcome, bytes: content.bytes, totalBytes: content.bytes }, { kind: 'leave' });
    }
    case 'refused':
      return isCopying ? refused(job, event.error, nowMs) : nothing(job);
    case 'cancel':
      if (job.desired === 'cancelled') return nothing(job);
      // A copy that runs ends first: nobody writes when the rest of it is removed.
      if (isCopying) return to({ desired: 'cancelled' }, { kind: 'abort' });
      return to({ desired: 'cancelled', outcome: { state: 'cancelled' }, storing: UNFAILED }, { kind: 'leave' });
    case 'stored':
      return job.outcome && job.isStoring ? to({ ...endOf(job.outcome, job), isStoring: false }) : nothing(job);
    case 'unstored': {
      if (!job.isStoring) return nothing(job);
      const failures = job.storing.failures + 1;
      const storing = { failures, retryAtMs: nowMs + backOffMs(failures), error: event.error };
      return to({ isStoring: false, storing });
    }
    case 'lost':
      if (!job.isStoring || job.outcome?.state !== 'done') return nothing(job);
      return refused({ ...job, isStoring: false, outcome: undefined, storing: UNFAILED }, event.error, nowMs);
    case 'wake':
      if (job.state !== 'waiting' || job.outcome || !isDue(job.tries, nowMs)) return nothing(job);
      return to({ state: 'queued', tries: { ...job.tries, retryAtMs: null } }, { kind: 'ask' });
  }
}

function endOf(outcome: Outcome, { tries }: MediaJobActor): Partial<MediaJobActor> {
  const error = outcome.state === 'failed' ? outcome.error : null;
  return { state: outcome.state, tries: { ...tries, retryAtMs: null, error }, storing: UNFAILED };
}

/** What a server asks for before the next try; 0 for nothing. */
function askedWaitMs({ details }: ErrorBody): number {
  const seconds = details?.['retryAfterSeconds'];
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : 0;
}

function refused(job: MediaJobActor, error: ErrorBody, nowMs: number): Step<MediaJobActor, MediaJobEffect> {
  const leave: MediaJobEffect = { kind: 'leave' };
  if (job.desired === 'cancelled') return { state: { ...job, outcome: { state: 'cancelled' } }, effects: [leave] };
  const failures = job.tries.failures + 1;
  const isOver = isHopeless(error) || failures >= MOST_TRIES;
  const waitMs = Math.max(backOffMs(failures), askedWaitMs(error));
  const tries = { failures, retryAtMs: isOver ? null : nowMs + waitMs, error };
  if (isOver) return { state: { ...job, tries, outcome: { state: 'failed', error } }, effects: [leave] };
  return { state: { ...job, state: 'waiting', tries }, effects: [leave] };
}
