import type { MediaFrom } from '@audiocloud/api';
import type { Content } from './media-job-step.ts';

/** Bytes that are to be imported, once. */
export interface OpenSource {
  /** Undefined where nobody knows before the end. */
  totalBytes: number | undefined;
  /** Throws when a piece cannot be had, or when what comes is not whole. */
  pieces: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Where imports take their bytes from; one more kind of source is one more way to open it. */
export interface MediaSources {
  /** Whether there is such a source now. Throws MEDIA_FORBIDDEN, MEDIA_MISSING. */
  find(from: MediaFrom): Promise<void>;
  /** Throws as `find`, and MEDIA_UNREADABLE. */
  open(from: MediaFrom): Promise<OpenSource>;
}

/**
 * Files by the SHA-256 of their bytes: the same content is there once. [control]
 *
 * A promise that settled is durable. Throws MEDIA_UNREADABLE for what the disk refuses.
 */
export interface ContentStore {
  /** Copies the bytes aside, for a job; what it had copied before is replaced. told: bytes so far. Throws what `pieces` throws. */
  take(job: string, pieces: AsyncIterable<Uint8Array>, told: (bytes: number) => void): Promise<Content>;
  /** Gives what a job copied its place; once more changes nothing. */
  keep(job: string, sha256: string): Promise<void>;
  /** Removes what a job copied, if there is anything. */
  drop(job: string): Promise<void>;
  /** Removes a content, if it is there. */
  remove(sha256: string): Promise<void>;
  /** Removes what a crash left: all that was copied aside, and contents that nobody has. */
  sweep(isHad: (sha256: string) => boolean): Promise<void>;
  /** Where a content lies. */
  pathOf(sha256: string): string;
}

/** The disk of media. */
export interface MediaDisk {
  sources: MediaSources;
  content: ContentStore;
}
