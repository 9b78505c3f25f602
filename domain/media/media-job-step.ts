import type { ErrorBody, MediaFacts, MediaJobState } from '@audiocloud/api';
import type { Actor, Step, Wake } from '../actors/actor.ts';
import { backOffMs } from '../actors/back-off.ts';
import { earliestMs } from '../actors/lease.ts';
import { isDue, isHopeless, type Retry, UNFAILED } from '../actors/retry.ts';

/*
 * One media job, as a pure function: no clock, no disk, no store. It waits for its turn among the others, has its bytes copied
 * and hashed, then looked into by an engine, and has its end stored, with the media when it went well. Whatever fails before its
 * end is stored is tried again: what was copied is not copied again for that.
 */

/** After so many tries that failed a job is given up: some 90 s. */
export const MOST_TRIES = 10;

/** Without an engine that can look into media it looks again after this, or when one comes. */
const UNSERVED_MS = 30_000;

/** Bytes that were copied. */
export interface Content {
  sha256: string;
  bytes: number;
}

/** How it ends, until that is stored. */
export type Outcome =
  | { state: 'done'; content: Content; facts: MediaFacts }
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
  /** What was copied, and is to be looked into. */
  content: Content | undefined;
  /** Of the copy, and of looking into it. */
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
  /** facts: known of media that have the same content. */
  | { type: 'copied'; content: Content; facts?: MediaFacts }
  | { type: 'inspected'; facts: MediaFacts }
  | { type: 'refused'; error: ErrorBody }
  /** No engine is there that could look into it. */
  | { type: 'unserved'; error: ErrorBody }
  /** An engine came. */
  | { type: 'served' }
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
  /** Look into what was copied; answered with inspected, refused or unserved. */
  | { kind: 'inspect' }
  /** Has the copy or the inspection end soon, with any of its answers. */
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
  content: undefined,
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
  laneOf: ({ kind }) => (kind === 'copy' || kind === 'inspect' ? 'copy' : kind === 'store' ? 'store' : undefined),
};

const nothing = (state: MediaJobActor): Step<MediaJobActor, MediaJobEffect> => ({ state, effects: [] });

function take(job: MediaJobActor, event: MediaJobEvent | Wake, nowMs: number): Step<MediaJobActor, MediaJobEffect> {
  const to = (change: Partial<MediaJobActor>, ...effects: MediaJobEffect[]) => ({
    state: { ...job, ...change },
    effects,
  });
  const isCopying = job.state === 'running' && !job.outcome;
  const isInspecting = job.state === 'inspecting' && !job.outcome;
  const ask = () => to({ state: 'queued', tries: { ...job.tries, retryAtMs: null } }, { kind: 'ask' });
  /** Done, or what else is wanted by now. */
  const ending = (content: Content, facts: MediaFacts) =>
    to(
      { outcome: job.desired === 'cancelled' ? { state: 'cancelled' } : { state: 'done', content, facts }, content },
      { kind: 'leave' },
    );
  switch (event.type) {
    case 'begin':
      return job.desired === 'cancelled' ? to({ outcome: { state: 'cancelled' } }) : to({}, { kind: 'ask' });
    case 'turn':
      if (job.state !== 'queued' || job.outcome) return to({}, { kind: 'leave' });
      if (job.content) return to({ state: 'inspecting' }, { kind: 'inspect' });
      return to({ state: 'running', bytes: 0, totalBytes: undefined }, { kind: 'copy' });
    case 'progress':
      return isCopying ? to({ bytes: event.bytes, totalBytes: event.totalBytes }) : nothing(job);
    case 'copied': {
      if (!isCopying) return nothing(job);
      const { content, facts } = event;
      const copied = { content, bytes: content.bytes, totalBytes: content.bytes };
      if (job.desired === 'cancelled') return to({ ...copied, outcome: { state: 'cancelled' } }, { kind: 'leave' });
      if (facts) return to({ ...copied, outcome: { state: 'done', content, facts } }, { kind: 'leave' });
      return to({ ...copied, state: 'inspecting' }, { kind: 'inspect' });
    }
    case 'inspected':
      return isInspecting ? ending(job.content!, event.facts) : nothing(job);
    case 'refused':
      return isCopying || isInspecting ? refused(job, event.error, nowMs) : nothing(job);
    case 'unserved':
      return isInspecting ? refused(job, event.error, nowMs, true) : nothing(job);
    case 'served':
      return job.state === 'waiting' && job.content && !job.outcome ? ask() : nothing(job);
    case 'cancel':
      if (job.desired === 'cancelled') return nothing(job);
      // What runs ends first: nobody writes when the rest of it is removed.
      if (isCopying || isInspecting) return to({ desired: 'cancelled' }, { kind: 'abort' });
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
      return refused({ ...job, isStoring: false, ...UNCOPIED, storing: UNFAILED }, event.error, nowMs);
    case 'wake':
      return job.state === 'waiting' && !job.outcome && isDue(job.tries, nowMs) ? ask() : nothing(job);
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

const UNCOPIED = { outcome: undefined, content: undefined } as const;

/** isUnserved: nothing was tried, so that it is never given up for that. */
function refused(
  job: MediaJobActor,
  error: ErrorBody,
  nowMs: number,
  isUnserved = false,
): Step<MediaJobActor, MediaJobEffect> {
  const leave: MediaJobEffect = { kind: 'leave' };
  if (job.desired === 'cancelled') return { state: { ...job, outcome: { state: 'cancelled' } }, effects: [leave] };
  const failures = isUnserved ? job.tries.failures : job.tries.failures + 1;
  const isOver = !isUnserved && (isHopeless(error) || failures >= MOST_TRIES);
  const delayMs = isUnserved ? UNSERVED_MS : Math.max(backOffMs(failures), askedWaitMs(error));
  const tries = { failures, retryAtMs: isOver ? null : nowMs + delayMs, error };
  if (isOver) return { state: { ...job, tries, outcome: { state: 'failed', error } }, effects: [leave] };
  // What the disk has not any more is copied again; what an engine was lost over is not.
  const content = error.code === 'MEDIA_UNREADABLE' ? undefined : job.content;
  return { state: { ...job, state: 'waiting', tries, content }, effects: [leave] };
}
