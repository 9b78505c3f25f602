import type { MediaFrom } from '@audiocloud/api';
import type { Content } from './media-job-step.ts';

/** Bytes that are to be imported, once. */
export interface OpenSource {
  /** Undefined where nobody knows before the end. */
  totalBytes: number | undefined;
  /** Bytes of the try before that stand: the pieces follow them. Absent: they begin at the beginning. */
  startBytes?: number;
  /** Names this very content at its source: another try may go on with it. Absent where none may. */
  validator?: string;
  /** Where it lies, if nobody writes it any more: it may be kept without a copy. */
  file?: string;
  /** Throws when a piece cannot be had, or when what comes is not whole. */
  pieces: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** How a source is opened. */
export interface OpenManner {
  /** Who imports. */
  application: string;
  /** Ends what waits at once; what it waited for throws. */
  signal: AbortSignal;
  /** What the try before had copied when it failed. */
  before?: { bytes: number; validator: string };
  /** What the tries before took. */
  spentMs: number;
}

/** Where imports take their bytes from; one more kind of source is one more way to open it. */
export interface MediaSources {
  /** Whether there may be such a source now. Throws MEDIA_FORBIDDEN, MEDIA_MISSING, MEDIA_URL, UPLOAD_UNKNOWN, UPLOAD_UNFINISHED. */
  find(from: MediaFrom, application: string): Promise<void>;
  /** Throws as `find`, and MEDIA_UNREADABLE, MEDIA_UNREACHABLE, MEDIA_REFUSED, MEDIA_TOO_LARGE, MEDIA_TOO_SLOW. */
  open(from: MediaFrom, manner: OpenManner): Promise<OpenSource>;
  /** An import of it has ended, and that is stored: what is kept for it alone may go. Called once more after a crash. */
  release?(from: MediaFrom, application: string): Promise<void>;
  /** How many bytes it has; undefined where nobody knows before they came. */
  sizeOf?(from: MediaFrom, application: string): Promise<number | undefined>;
}

/**
 * Files by the SHA-256 of their bytes: the same content is there once. [control]
 *
 * A promise that settled is durable. Throws MEDIA_UNREADABLE for what the disk refuses.
 */
export interface ContentStore {
  /**
   * Copies the bytes aside, for a job; what it had copied before is replaced. told: bytes so far. Throws what `pieces` throws.
   *
   * startBytes: so many of what it had copied before stand, and the pieces follow them. file: the pieces are all of it, and
   * nobody writes it any more: it may be kept in the place of a copy.
   */
  take(
    job: string,
    pieces: AsyncIterable<Uint8Array>,
    told: (bytes: number) => void,
    source?: Pick<OpenSource, 'startBytes' | 'file'>,
  ): Promise<Content>;
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
