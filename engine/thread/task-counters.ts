import { Histogram } from './histogram.ts';
import { LoadTurns } from './load-turns.ts';

/*
 * Whose a task is among the render threads, and what it cost there. One for each task, in shared memory.
 *
 *    0  i32 owner: the thread that renders it          4  i32 from which generation on
 *    8  i32 the thread that it shall move to, -1 none
 *   16  f64 blocks rendered       24  f64 blocks missed       32  f64 load, 0 to 1       40  f64 peak load
 *   48  loads in turns (load-turns.ts)
 *  336  histogram of the time for a block
 */
const OWNER = 0;
const FROM = 1;
const MOVE_TO = 2;
const BLOCKS = 2;
const MISSED = 3;
const LOAD = 4;
const PEAK = 5;
const TURNS_AT = 48;
const HISTOGRAM_AT = TURNS_AT + LoadTurns.BYTES;

/** The share of one task in the render threads' time. Written by the thread that owns the task at the time. */
export class TaskCounters {
  readonly buffer: SharedArrayBuffer;
  /** Time for a block, in ms. */
  readonly blockTimes: Histogram;
  /** Loads of the last turns. */
  readonly turns: LoadTurns;
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;

  /** [control] */
  static create(owner: number): TaskCounters {
    const counters = new TaskCounters(new SharedArrayBuffer(HISTOGRAM_AT + Histogram.BYTES));
    counters.words[OWNER] = owner;
    counters.words[MOVE_TO] = -1;
    return counters;
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer, 0, HISTOGRAM_AT >> 2);
    this.numbers = new Float64Array(buffer, 0, HISTOGRAM_AT >> 3);
    this.turns = new LoadTurns(buffer, TURNS_AT);
    this.blockTimes = new Histogram(buffer, HISTOGRAM_AT);
  }

  /** Whether a thread renders the task in this generation: one thread at most does. [render] */
  isOf(thread: number, generation: number): boolean {
    return Atomics.load(this.words, OWNER) === thread && ((generation - this.words[FROM]!) | 0) >= 0;
  }

  /**
   * Gives the task to the thread that it shall move to, from `generation` on. [render]
   *
   * The owner calls it when it has rendered its last block, before it answers the device: so that the next block finds
   * the task with the other thread.
   */
  handOver(thread: number, generation: number): void {
    const { words } = this;
    const to = Atomics.load(words, MOVE_TO);
    if (to < 0 || words[OWNER] !== thread) return;
    words[FROM] = generation;
    Atomics.store(words, MOVE_TO, -1);
    Atomics.store(words, OWNER, to);
    Atomics.notify(words, OWNER);
  }

  /** Asks the owner to hand the task over; resolves when it did, or at the end. [control] */
  async moveTo(thread: number, isEnded: () => boolean): Promise<void> {
    const { words } = this;
    Atomics.store(words, MOVE_TO, thread);
    for (;;) {
      const owner = Atomics.load(words, OWNER);
      if (owner === thread || isEnded()) return;
      const wait = Atomics.waitAsync(words, OWNER, owner, 200);
      if (wait.async) await wait.value;
    }
  }

  /** blockMs: what one block took.   load: by the time that a block has.   weight: of one block in the average. [render] */
  count(blockMs: number, load: number, weight: number): void {
    const { numbers } = this;
    const blocks = numbers[BLOCKS]! + 1;
    numbers[BLOCKS] = blocks;
    // at first the mean of all blocks, so that a new task's load is known at once
    numbers[LOAD] = numbers[LOAD]! + Math.max(weight, 1 / blocks) * (load - numbers[LOAD]!);
    if (load > numbers[PEAK]!) numbers[PEAK] = load;
    this.turns.add(load);
    this.blockTimes.add(blockMs);
  }

  /** As `count`, of blocks that took no time worth measuring. [render] */
  countRested(blocks: number, weight: number): void {
    const { numbers } = this;
    numbers[BLOCKS] = numbers[BLOCKS]! + blocks;
    numbers[LOAD] = numbers[LOAD]! * Math.max(0, 1 - weight * blocks);
    this.blockTimes.add(0, blocks);
  }

  /** [render] */
  miss(blocks: number): void {
    this.numbers[MISSED] = this.numbers[MISSED]! + blocks;
  }

  get owner(): number {
    return Atomics.load(this.words, OWNER);
  }
  get blocks(): number {
    return this.numbers[BLOCKS]!;
  }
  get missedBlocks(): number {
    return this.numbers[MISSED]!;
  }
  /** Share of the time of a block, averaged over about a second. */
  get load(): number {
    return this.numbers[LOAD]!;
  }

  /** The largest share since the last call. [control] */
  takePeakLoad(): number {
    const peak = this.numbers[PEAK]!;
    this.numbers[PEAK] = 0;
    return peak;
  }
}
