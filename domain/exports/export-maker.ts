import type { Task } from '@audiocloud/api';
import type { Made } from './export-job-step.ts';
import type { ExportRecord, OwnedExport } from './export-record.ts';

/** The files of an export while they grow, in the order of its outputs. */
export interface Growing {
  paths: readonly string[];
  /** How much of each is there and stays as it is. */
  bytes: readonly number[];
}

/** One try to make the files of an export. */
export interface ExportTry {
  owned: OwnedExport;
  record: ExportRecord;
  /** The task as it was taken. */
  graph: Task;
  /** An empty one, for this try alone. */
  folder: string;
  /** Has it end soon, with RENDER_CANCELLED or the reason of the signal. */
  signal: AbortSignal;
  progress(frames: number, ofFrames: number | undefined, growing?: Growing): void;
  /** Makes it durable that the task plays because of this export, or no longer. */
  mark(isPlaying: boolean): Promise<void>;
}

/** What makes files of a task: engines, or a simulation. Files lie in `folder` under the names of `fileName`. [control] */
export interface ExportMaker {
  /** Throws what hinders it. Nothing writes any more when it settles. */
  make(attempt: ExportTry): Promise<Made>;
}
