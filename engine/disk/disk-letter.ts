import type { ErrorBody } from '@audiocloud/api';
import type { DiskSpec } from './disk-spec.ts';

/** What the disk thread is told. */
export type DiskLetter =
  | { type: 'update'; spec: DiskSpec }
  | { type: 'forget'; key: number }
  /** Answered by `near`. */
  | { type: 'ask'; key: number; question: number; positionFrame: number };

/** What it says. error of a trouble: undefined when it is over. */
export type DiskNote =
  | { type: 'near'; question: number }
  | { type: 'trouble'; key: number; path: string; error: ErrorBody | undefined };

export interface DiskThreadData {
  aheadSeconds: number;
  /** DiskCounts. */
  counts: SharedArrayBuffer;
}

/** f64 each: what the thread read so far. */
export const DISK_COUNT = { bytes: 0, reads: 1 } as const;
