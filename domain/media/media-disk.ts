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
  /** How many bytes it has; undefined where nobody knows before they came. */
  sizeOf?(from: MediaFrom, application: string): Promise<number | undefined>;
}

/**
 * Files by the SHA-256 of their bytes: the same content is there once. [control]
 *
 * A promise that settled is durable. Throws MEDIA_UNREADABLE for what the disk refuses.
 */
export interface ContentStore {
  /** Copies the bytes aside, for a job; what it had copied before is replaced. told: bytes so far. Throws what `pieces` throws. */
  take(job: string, pieces: AsyncIterable<Uint8Array>, told: (bytes: number) => void): Promise<Content>;
  /** Where a job has what it copied, and where its peaks are to be written; there is such a folder after `sweep`. */
  asideOf(job: string): { path: string; peaksPath: string };
  /**
   * Gives what a job copied, and its peaks, their places; once more changes nothing. A content has its peaks from then on:
   * throws MEDIA_UNREADABLE when there are none.
   */
  keep(job: string, sha256: string): Promise<void>;
  /** As keep, of peaks alone, for a content that has its place. */
  keepPeaks(job: string, sha256: string): Promise<void>;
  /** Removes what a job copied, if there is anything, and its peaks. */
  drop(job: string): Promise<void>;
  /** Removes a content and its peaks, if they are there. */
  remove(sha256: string): Promise<void>;
  /** Removes what a crash left: all that was copied aside, and contents that nobody has. */
  sweep(isHad: (sha256: string) => boolean): Promise<void>;
  /** Where a content lies. */
  pathOf(sha256: string): string;
  /** Where the peaks of a content lie. */
  peaksOf(sha256: string): string;
}

/** The disk of media. */
export interface MediaDisk {
  sources: MediaSources;
  content: ContentStore;
  /** Room on the disk of `content`; absent where nobody knows. */
  freeBytes?(): Promise<number>;
}
