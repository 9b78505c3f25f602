/** What exports may take. */
export interface ExportLimits {
  /** Renders that work at once. */
  jobs: number;
  /** Bytes of files that one application may have. */
  mostBytes: number;
  /** Exports of one application that have not ended. */
  mostOpen: number;
  /** Bytes that the disk keeps free. */
  reserveBytes: number;
}

const GIBIBYTE = 2 ** 30;

export const DEFAULT_EXPORT_LIMITS: ExportLimits = {
  // One waits for the disk while the other computes.
  jobs: 2,
  mostBytes: 100 * GIBIBYTE,
  mostOpen: 1000,
  reserveBytes: GIBIBYTE,
};
/** Prints that wait for hardware or play at once: each plays a task of its own. */
export const MOST_PRINTS = 64;
