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

/** What a try that was cut has copied, on the disk: the next one may go on behind it. */
export interface Standing {
  bytes: number;
  /** Names the content that they begin, at its source. */
  validator: string;
  /** Of the whole, where that is known. */
  totalBytes?: number;
}

/** How a source is opened. */
export interface OpenManner {
  /** Who imports. */
  application: string;
  /** Ends what waits at once; what it waited for throws. */
  signal: AbortSignal;
  /** What stands of the tries before. What it throws has `beginsAnew` in its details when that is of no use any more. */
  before?: Standing;
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
   * nobody writes it any more: it may be kept in the place of a copy. validator: it may go on after a restart, and what stands of
   * it is noted from time to time.
   */
  take(
    job: string,
    pieces: AsyncIterable<Uint8Array>,
    told: (bytes: number) => void,
    source?: Partial<Pick<OpenSource, 'startBytes' | 'file' | 'validator' | 'totalBytes'>>,
  ): Promise<Content>;
  /**
   * What stands of what a job copied, also before a restart: it is there, and its bytes are those that were noted. Absent where
   * nothing outlives a try.
   */
  standing?(job: string): Promise<Standing | undefined>;
  /** What was noted, as it is. */
  noted?(job: string): Promise<Standing | undefined>;
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
  /**
   * Removes what a crash left: what was copied aside, and contents that nobody has. goesOn: of such a job stays what may go on;
   * absent: none does.
   */
  sweep(isHad: (sha256: string) => boolean, goesOn?: (job: string) => boolean): Promise<void>;
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
