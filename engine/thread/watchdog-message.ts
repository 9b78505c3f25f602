import type { MessagePort } from 'node:worker_threads';
import type { Scheduling } from './priority.ts';

export interface WatchdogData {
  /** Wake memory. */
  memory: SharedArrayBuffer;
  /** CPU time at one place of a block after which a render thread is ended, in ms. */
  wedgedMs: number;
  /** From one look at the threads to the next: this to twice this, at random. */
  lookMs: number;
}

/** What the control thread asks of the watchdog. */
export type WatchdogOrder =
  /** Starts a worker, which stands by. */
  | { type: 'spawn'; worker: number; port: MessagePort; standby: SharedArrayBuffer }
  /** The worker is render thread `thread` from now on. */
  | { type: 'seat'; worker: number; thread: number }
  /** Where to look to know how far a task is: its TaskShared, and in each of its memories the progress words by seat. */
  | { type: 'watch'; slot: number; shared: SharedArrayBuffer; progress: { memory: WebAssembly.Memory; at: number[] }[] }
  | { type: 'unwatch'; slot: number }
  /** The wake memory is stopped: ends what still lives, then itself. */
  | { type: 'end' };

/** Where a render thread was found; `step` and `progress` as in placeInTask, slot 0: in no task. */
export interface FoundPlace {
  thread: number;
  slot: number;
  /** Of the task's image. */
  generation: number;
  /** -1: at none. */
  step: number;
  /** The progress word of each memory. */
  progress: number[];
  /** How often it was found there when the watchdog looked by the way. */
  looks: number;
  /** Blocks in which it was late, and was there at the deadline. */
  lateBlocks: number;
}

export type WatchdogNote =
  | { type: 'up'; scheduling: Scheduling }
  /** A worker has ended; `thread`: it was that render thread. isWedged: the watchdog ended it. */
  | { type: 'ended'; worker: number; thread: number | undefined; isWedged: boolean; why: string }
  /** Since the last such note. */
  | { type: 'places'; places: FoundPlace[] };
