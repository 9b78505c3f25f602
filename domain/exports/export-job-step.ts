import type { ErrorBody, ExportReport, ExportState, WrittenSound } from '@audiocloud/api';
import type { Actor, Step, Wake } from '../actors/actor.ts';
import { backOffMs } from '../actors/back-off.ts';
import { earliestMs } from '../actors/lease.ts';
import { isDue, isHopeless, type Retry, UNFAILED } from '../actors/retry.ts';

/*
 * One export, as a pure function: no clock, no disk, no store, no engine. It waits for its time or its event, takes the task as it
 * is then, waits for its turn, has its files made, gives them their place, uploads them one after another, and has its end stored.
 * Whatever fails before its end is stored is tried again.
 */

/** After so many tries that failed it is given up: some 90 s. */
export const MOST_TRIES = 10;
/** What passes by itself, in time that nobody knows: it is waited for as long as it takes. */
const AWAITED: readonly ErrorBody['code'][] = [
  'ENGINE_FULL',
  'ENGINE_UNAVAILABLE',
  'FIXED_INSTANCE_UNAVAILABLE',
  'TASK_BUSY',
];

/** Files that are whole. */
export interface Made {
  files: WrittenSound[];
  report: ExportReport;
}

/** How it ends, until that is stored. */
export type Outcome = { state: 'done' } | { state: 'failed'; error: ErrorBody } | { state: 'cancelled' };

/** One file that is to be put somewhere else too. */
export interface Upload {
  /** Index of its output. */
  output: number;
  state: 'waiting' | 'uploading' | 'sent' | 'done' | 'failed';
  bytes: number;
  tries: Retry;
}

export interface ExportActor {
  /** What is wanted of it. */
  desired: 'done' | 'cancelled';
  /** What is. */
  state: ExportState;
  /** When it begins; undefined: at once, or by an event. */
  startsAtMs: number | undefined;
  /** An event that it waits for has not come yet. */
  awaitsEvent: boolean;
  /** The task as it was at the start is stored. */
  isTaken: boolean;
  /** Rendered so far in this try, and of how many. */
  frames: number;
  ofFrames: number | undefined;
  /** Of taking the task and of making the files. */
  tries: Retry;
  /** Files that are whole; once `isKept` they have their place and that is stored. */
  made: Made | undefined;
  isKept: boolean;
  uploads: Upload[];
  /** How it is to end; undefined while that is open. */
  outcome: Outcome | undefined;
  /** What runs: taking, making, storing and uploading exclude each other. */
  busy: 'take' | 'make' | 'keep' | 'upload' | 'note' | 'store' | undefined;
  /** Of storing, which is never given up. */
  storing: Retry;
}

export type ExportEvent =
  /** It is taken up, new or after a restart. */
  | { type: 'begin' }
  /** The event has come. */
  | { type: 'start' }
  | { type: 'taken' }
  | { type: 'turn' }
  | { type: 'progress'; frames: number; ofFrames?: number }
  | { type: 'made'; made: Made }
  /** Taking or making failed. */
  | { type: 'refused'; error: ErrorBody }
  /** The files have their place, and that is stored. */
  | { type: 'kept' }
  /** What was made is not there any more. */
  | { type: 'lost'; error: ErrorBody }
  | { type: 'sent'; bytes: number }
  | { type: 'uploaded' }
  | { type: 'upload-refused'; error: ErrorBody }
  /** That a file is uploaded is stored. */
  | { type: 'noted' }
  /** That it is to be cancelled is stored. */
  | { type: 'cancel' }
  | { type: 'stored' }
  | { type: 'unstored'; error: ErrorBody };

export type ExportEffect =
  /** Store the task as it is now. Answered with taken or refused. */
  | { kind: 'take' }
  /** Wait for a turn among the others; answered with turn. */
  | { kind: 'ask' }
  /** Answered with progress, then made or refused. */
  | { kind: 'make' }
  /** Has what runs end soon: with refused or made, upload-refused or uploaded. */
  | { kind: 'abort' }
  /** Give the files their place, and store that. Answered with kept, unstored or lost. */
  | { kind: 'keep' }
  /** Answered with sent, then uploaded or upload-refused. */
  | { kind: 'upload'; output: number }
  /** Store that a file is uploaded. Answered with noted or unstored. */
  | { kind: 'note'; output: number }
  /** Store its end, as it is to be when its turn comes. Answered with stored or unstored. */
  | { kind: 'store' }
  /** Others may have its turn. */
  | { kind: 'leave' };

export interface ExportFacts {
  desired?: ExportActor['desired'];
  startsAtMs?: number | undefined;
  awaitsEvent?: boolean;
  isTaken?: boolean;
  made?: Made | undefined;
  /** Outputs that are to be uploaded, and whether they are. */
  uploads?: readonly { output: number; isDone: boolean }[];
}

export const newExport = (facts: ExportFacts = {}): ExportActor => {
  const { desired = 'done', startsAtMs, awaitsEvent = false, isTaken = false, made, uploads = [] } = facts;
  return {
    desired,
    state: made ? 'uploading' : isTaken ? 'queued' : 'scheduled',
    startsAtMs,
    awaitsEvent,
    isTaken,
    frames: 0,
    ofFrames: undefined,
    tries: UNFAILED,
    made,
    isKept: made !== undefined,
    uploads: uploads.map(({ output, isDone }) => ({
      output,
      state: isDone ? 'done' : 'waiting',
      bytes: 0,
      tries: UNFAILED,
    })),
    outcome: undefined,
    busy: undefined,
    storing: UNFAILED,
  };
};

/** Whether its end is stored. [any] */
export const hasEnded = ({ state }: Pick<ExportActor, 'state'>): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled';

type Taken = Step<ExportActor, ExportEffect>;

export const exportActor: Actor<ExportActor, ExportEvent, ExportEffect> = {
  step(before, event, nowMs) {
    if (hasEnded(before)) return { state: before, effects: [] };
    const { state, effects } = take(before, event, nowMs);
    const { state: next, effects: more } = go(state, nowMs);
    return { state: next, effects: [...effects, ...more] };
  },
  wakeAtMs({ state, startsAtMs, isTaken, awaitsEvent, outcome, busy, tries, storing, made, isKept, uploads }) {
    if (hasEnded({ state }) || busy) return undefined;
    if (outcome || (made && !isKept)) return earliestMs(storing.retryAtMs);
    if (made) {
      const next = nextUpload(uploads);
      return earliestMs(next?.state === 'sent' ? storing.retryAtMs : next?.tries.retryAtMs);
    }
    if (state === 'waiting') return earliestMs(tries.retryAtMs);
    return isTaken || awaitsEvent ? undefined : earliestMs(startsAtMs);
  },
  laneOf: ({ kind }) =>
    kind === 'make' || kind === 'upload'
      ? 'work'
      : kind === 'take' || kind === 'keep' || kind === 'note' || kind === 'store'
        ? 'store'
        : undefined,
};

const nextUpload = (uploads: readonly Upload[]): Upload | undefined =>
  uploads.find(({ state }) => state === 'waiting' || state === 'uploading' || state === 'sent');

/** Begins what is due, if nothing runs. */
function go(job: ExportActor, nowMs: number): Taken {
  const to = (change: Partial<ExportActor>, ...effects: ExportEffect[]): Taken => ({
    state: { ...job, ...change },
    effects,
  });
  const storing = { ...job.storing, retryAtMs: null };
  if (job.busy || hasEnded(job)) return to({});
  if (job.outcome) return isDue(job.storing, nowMs) ? to({ busy: 'store', storing }, { kind: 'store' }) : to({});
  if (!job.made) return to({});
  if (!job.isKept) return isDue(job.storing, nowMs) ? to({ busy: 'keep', storing }, { kind: 'keep' }) : to({});
  const next = nextUpload(job.uploads);
  if (!next) return to({ outcome: { state: 'done' }, busy: 'store', storing }, { kind: 'store' });
  const { output } = next;
  if (next.state === 'sent')
    return isDue(job.storing, nowMs) ? to({ busy: 'note', storing }, { kind: 'note', output }) : to({});
  if (!isDue(next.tries, nowMs)) return to({});
  const uploads = changed(job.uploads, output, {
    state: 'uploading',
    bytes: 0,
    tries: { ...next.tries, retryAtMs: null },
  });
  return to({ state: 'uploading', busy: 'upload', uploads }, { kind: 'upload', output });
}

const changed = (uploads: readonly Upload[], output: number, change: Partial<Upload>): Upload[] =>
  uploads.map((one) => (one.output === output ? { ...one, ...change } : one));

function take(job: ExportActor, event: ExportEvent | Wake, nowMs: number): Taken {
  const to = (change: Partial<ExportActor>, ...effects: ExportEffect[]): Taken => ({
    state: { ...job, ...change },
    effects,
  });
  const nothing = to({});
  const cancelled: Partial<ExportActor> = { outcome: { state: 'cancelled' }, storing: UNFAILED };
  switch (event.type) {
    case 'begin':
      if (job.desired === 'cancelled') return to(cancelled);
      return job.made || job.outcome ? nothing : started(job, nowMs);
    case 'start':
      return job.awaitsEvent && !job.outcome ? started({ ...job, awaitsEvent: false }, nowMs) : nothing;
    case 'wake':
      if (job.busy || job.outcome || job.made) return nothing;
      if (job.state === 'scheduled' || (job.state === 'waiting' && isDue(job.tries, nowMs)))
        return started({ ...job, tries: { ...job.tries, retryAtMs: null } }, nowMs);
      return nothing;
    case 'taken':
      if (job.busy !== 'take') return nothing;
      if (job.desired === 'cancelled') return to({ ...cancelled, busy: undefined, isTaken: true });
      return to({ state: 'queued', busy: undefined, isTaken: true, tries: UNFAILED }, { kind: 'ask' });
    case 'turn':
      if (job.state !== 'queued' || job.busy || job.outcome || job.made) return to({}, { kind: 'leave' });
      return to({ state: 'running', busy: 'make', frames: 0, ofFrames: undefined }, { kind: 'make' });
    case 'progress':
      if (job.busy !== 'make') return nothing;
      return to({ frames: event.frames, ofFrames: event.ofFrames ?? job.ofFrames });
    case 'made': {
      if (job.busy !== 'make') return nothing;
      const over: Partial<ExportActor> =
        job.desired === 'cancelled' ? cancelled : { made: event.made, storing: UNFAILED };
      return to({ ...over, busy: undefined, frames: job.ofFrames ?? job.frames }, { kind: 'leave' });
    }
    case 'refused':
      return job.busy === 'make' || job.busy === 'take' ? refused(job, event.error, nowMs) : nothing;
    case 'kept':
      if (job.busy !== 'keep') return nothing;
      if (job.desired === 'cancelled') return to({ ...cancelled, busy: undefined, isKept: true });
      return to({ busy: undefined, isKept: true, storing: UNFAILED });
    case 'lost':
      if (job.busy !== 'keep') return nothing;
      return refused({ ...job, made: undefined }, event.error, nowMs);
    case 'sent':
      if (job.busy !== 'upload') return nothing;
      return to({ uploads: changed(job.uploads, nextUpload(job.uploads)!.output, { bytes: event.bytes }) });
    case 'uploaded': {
      if (job.busy !== 'upload') return nothing;
      const uploads = changed(job.uploads, nextUpload(job.uploads)!.output, { state: 'sent', tries: UNFAILED });
      return to({ uploads, busy: undefined, storing: UNFAILED, ...(job.desired === 'cancelled' ? cancelled : {}) });
    }
    case 'upload-refused':
      return job.busy === 'upload' ? uploadRefused(job, event.error, nowMs) : nothing;
    case 'noted': {
      if (job.busy !== 'note') return nothing;
      const uploads = changed(job.uploads, nextUpload(job.uploads)!.output, { state: 'done' });
      return to({ uploads, busy: undefined, storing: UNFAILED, ...(job.desired === 'cancelled' ? cancelled : {}) });
    }
    case 'cancel': {
      if (job.desired === 'cancelled') return nothing;
      // What runs ends first: nobody writes when the rest of it is removed.
      if (job.busy === 'make' || job.busy === 'upload') return to({ desired: 'cancelled' }, { kind: 'abort' });
      return to({ desired: 'cancelled', ...cancelled }, { kind: 'leave' });
    }
    case 'stored':
      if (job.busy !== 'store' || !job.outcome) return nothing;
      return to({ ...endOf(job.outcome, job), busy: undefined });
    case 'unstored': {
      if (job.busy !== 'store' && job.busy !== 'keep' && job.busy !== 'note') return nothing;
      const failures = job.storing.failures + 1;
      const storing = { failures, retryAtMs: nowMs + backOffMs(failures), error: event.error };
      return to({ busy: undefined, storing });
    }
  }
}

/** The next thing on the way to its turn: its time, its event, the task as it is, the turn. */
function started(job: ExportActor, nowMs: number): Taken {
  const to = (change: Partial<ExportActor>, ...effects: ExportEffect[]): Taken => ({
    state: { ...job, ...change },
    effects,
  });
  if (job.isTaken) return to({ state: 'queued' }, { kind: 'ask' });
  const isEarly = job.startsAtMs !== undefined && nowMs < job.startsAtMs;
  if (job.awaitsEvent || isEarly) return to({ state: 'scheduled' });
  return to({ state: job.state === 'waiting' ? 'waiting' : 'scheduled', busy: 'take' }, { kind: 'take' });
}

function endOf(outcome: Outcome, { tries }: ExportActor): Partial<ExportActor> {
  const error = outcome.state === 'failed' ? outcome.error : null;
  return { state: outcome.state, tries: { ...tries, retryAtMs: null, error }, storing: UNFAILED };
}

function refused(job: ExportActor, error: ErrorBody, nowMs: number): Taken {
  const leave: ExportEffect = { kind: 'leave' };
  const rest = { ...job, busy: undefined };
  if (job.desired === 'cancelled')
    return { state: { ...rest, outcome: { state: 'cancelled' }, storing: UNFAILED }, effects: [leave] };
  const failures = job.tries.failures + 1;
  const isOver = isHopeless(error) || (failures >= MOST_TRIES && !AWAITED.includes(error.code));
  const tries = { failures, retryAtMs: isOver ? null : nowMs + backOffMs(failures), error };
  if (isOver)
    return { state: { ...rest, tries, outcome: { state: 'failed', error }, storing: UNFAILED }, effects: [leave] };
  return { state: { ...rest, state: 'waiting', tries }, effects: [leave] };
}

/** A file that cannot be put there is given up by itself: it is here all the same. */
function uploadRefused(job: ExportActor, error: ErrorBody, nowMs: number): Taken {
  const rest = { ...job, busy: undefined };
  if (job.desired === 'cancelled')
    return { state: { ...rest, outcome: { state: 'cancelled' }, storing: UNFAILED }, effects: [] };
  const { output, tries } = nextUpload(job.uploads)!;
  const failures = tries.failures + 1;
  const isOver = isHopeless(error) || failures >= MOST_TRIES;
  const next: Partial<Upload> = {
    state: isOver ? 'failed' : 'waiting',
    bytes: 0,
    tries: { failures, retryAtMs: isOver ? null : nowMs + backOffMs(failures), error },
  };
  return { state: { ...rest, uploads: changed(job.uploads, output, next) }, effects: [] };
}
