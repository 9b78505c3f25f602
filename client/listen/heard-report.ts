import type { HeardRun } from './playout/heard-log.ts';

/** What a listener really heard. Frames are those of the task's rate. */
export interface HeardReport {
  /** Frames of the stream that were heard. */
  heardFrames: number;
  /** Frames that never came, between others that did. */
  lostFrames: number;
  /** Frames of silence in place of lost ones. */
  concealedFrames: number;
  /** Frames that came and were left out, to be on time again. */
  skippedFrames: number;
  /** Frames of silence while the stream was late. */
  waitedFrames: number;
  /** How often the stream was late. */
  underruns: number;
  /** How often the connection was lost. */
  reconnects: number;
  /** What was heard, without a gap each; the last 256. `playId` is that of the engine, `run` its load of the task. */
  runs: (HeardRun & { run: number })[];
}
