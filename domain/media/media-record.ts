import type { ErrorBody, Media, MediaContext, MediaFacts, MediaFrom, MediaJob } from '@audiocloud/api';
import { isoTime, waitingTries } from '../actors/waiting.ts';
import { hasEnded, type MediaJobActor, newMediaJob } from './media-job-step.ts';

/** What the store keeps of media. */
export interface MediaRecord {
  name: string;
  tags: string[];
  bytes: number;
  sha256: string;
  importedAtMs: number;
  /** What an engine found in it; undefined for media from before there was that, until it is done. */
  facts?: MediaFacts;
  /** Why there are no facts and will be none; only of media from before. */
  error?: ErrorBody;
  /** When a task that names them was loaded last, to the hour; undefined: never. */
  usedAtMs?: number;
  /** They go when that task goes. */
  forTask?: string;
  /** That task was there. */
  isTaskKnown?: boolean;
}

/** What the store keeps of a job: what is wanted, and how it ended. */
export interface MediaJobRecord {
  media: string;
  from: MediaFrom;
  name: string;
  tags: string[];
  /** Of the client. */
  context?: MediaContext;
  createdAtMs: number;
  desired: MediaJobActor['desired'];
  forTask?: string;
  /** Of what is imported, where that was known before it was opened. */
  totalBytes?: number;
  end?: {
    state: 'done' | 'failed' | 'cancelled';
    atMs: number;
    bytes: number;
    retries: number;
    error?: ErrorBody;
  };
}

export const MEDIA_RECORDS = 'media/';
export const MEDIA_JOBS = 'media-job/';

/** Of whom something is, and its id. */
export interface Owned {
  application: string;
  id: string;
}

export const mediaKey = ({ application, id }: Owned): string => `${MEDIA_RECORDS}${application}/${id}`;
export const mediaJobKey = ({ application, id }: Owned): string => `${MEDIA_JOBS}${application}/${id}`;

/** The inverse of both. [any] */
export function ownedOf(key: string): Owned {
  const [, application = '', id = ''] = key.split('/');
  return { application, id };
}

/** As it is told, and kept when it has ended: what stands behind the `?` of an address may be a secret. [any] */
export function toldFrom(from: MediaFrom): MediaFrom {
  if (!('url' in from) || !URL.canParse(from.url)) return from;
  const { origin, pathname } = new URL(from.url);
  return { url: origin + pathname };
}

/** What every event of a job says. [any] */
export const toldOf = (job: string, { media, context }: Pick<MediaJobRecord, 'media' | 'context'>) => ({
  media,
  job,
  ...(context === undefined ? {} : { context }),
});

/** As a client is told. [any] */
export function mediaOf(id: string, record: MediaRecord, expiresAtMs?: number): Media {
  const { name, tags, bytes, sha256, importedAtMs, facts, error, usedAtMs, forTask } = record;
  return {
    id,
    name,
    tags,
    bytes,
    sha256,
    importedAt: isoTime(importedAtMs),
    ...(facts ? { facts, durationSeconds: facts.frames / facts.sampleRate } : {}),
    ...(error ? { error } : {}),
    ...(usedAtMs === undefined ? {} : { lastUsedAt: isoTime(usedAtMs) }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: isoTime(expiresAtMs) }),
    ...(forTask === undefined ? {} : { forTask }),
  };
}

/** A job as it is taken up from the store. [any] */
export function actorOf({ desired, end }: MediaJobRecord): MediaJobActor {
  const begun = newMediaJob(desired);
  if (!end) return begun;
  const { state, bytes, retries, error = null } = end;
  return { ...begun, state, bytes, totalBytes: bytes, tries: { failures: retries, retryAtMs: null, error } };
}

/** As a client is told: what is wanted, what is, what is waited for. [any] */
export function mediaJobOf(id: string, record: MediaJobRecord, actor: MediaJobActor): MediaJob {
  const { media, from, name, tags, context, createdAtMs, end } = record;
  const { desired, state, bytes, totalBytes, tries, storing } = actor;
  const troubled = !hasEnded(actor) && storing.error ? { ...storing, failures: tries.failures } : tries;
  return {
    id,
    media,
    from: toldFrom(from),
    name,
    tags,
    ...(context === undefined ? {} : { context }),
    desired,
    state,
    bytes,
    ...(totalBytes === undefined ? {} : { totalBytes }),
    ...waitingTries(troubled),
    createdAt: isoTime(createdAtMs),
    ...(end ? { endedAt: isoTime(end.atMs) } : {}),
  };
}
