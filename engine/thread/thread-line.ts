/*
 * What is known of one render thread: its line in the wake memory (wake.ts), 256 bytes, little-endian.
 *
 *     0  i32  online         4  i32  done (a generation)     8  i32  letters posted     12  i32  letters taken
 *    16  i32  late blocks   20  i32  system's thread id     24  i32  begun (a generation)
 *    28  i32  steps         32  i32  verdict                36  i32  cut at             40  i32  task in progress
 *    44  i32  seat in that task
 *   128  f64  load, 0 to 1  136 f64  longest block, ms     144  f64  peak load          152  f64  blocks rendered
 *   160  f64  blocks asked of it when it last woke         168 f64  time that the last request took, ms
 *
 * steps: twice the number of tasks x blocks that are complete in this request, odd while one is added to the mix.
 * seat: 0 when the thread renders the task, 1 and above while it does a branch of a task that another thread renders.
 * verdict: generation << 2, and OPEN, KEPT or CUT: who is first decides, the thread that is done or the device whose
 * deadline has come. cut at: tasks x blocks that were complete when the thread saw that it was cut; -1: it did not.
 */
export const LINE_BYTES = 256;
export const LINE = {
  online: 0,
  done: 1,
  posted: 2,
  taken: 3,
  late: 4,
  tid: 5,
  begun: 6,
  steps: 7,
  verdict: 8,
  cutAt: 9,
  slot: 10,
  seat: 11,
} as const;
const LOAD = 16;
const LONGEST = 17;
const PEAK = 18;
const BLOCKS = 19;
const ASKED = 20;
const LAST = 21;

export const OPEN = 0;
export const KEPT = 1;
export const CUT = 2;

/** A view of the line of one render thread; the thread, the device and the watchdog make one each. */
export class ThreadLine {
  /** `line.words[LINE.tid]` */
  readonly words: Int32Array;
  private readonly numbers: Float64Array;

  constructor(buffer: SharedArrayBuffer, at: number) {
    this.words = new Int32Array(buffer, at, LINE_BYTES >> 2);
    this.numbers = new Float64Array(buffer, at, LINE_BYTES >> 3);
  }

  get(word: number): number {
    return Atomics.load(this.words, word);
  }

  set(word: number, value: number): void {
    Atomics.store(this.words, word, value);
  }

  /** The mix is zero and the first task may come. [render] */
  begin(generation: number): void {
    this.set(LINE.steps, 0);
    this.set(LINE.cutAt, -1);
    this.set(LINE.begun, generation);
  }

  /**
   * One more task has rendered one more block. Returns whether it may be added to the mix: then `added` must follow, and
   * the device, should its deadline come meanwhile, waits for that. [render]
   */
  complete(generation: number): boolean {
    const steps = this.words[LINE.steps]!;
    this.set(LINE.steps, steps + 1);
    if (this.get(LINE.verdict) === verdict(generation, OPEN)) return true;
    if (this.words[LINE.cutAt]! < 0) this.set(LINE.cutAt, steps >> 1);
    return false;
  }

  /** What `complete` began is over. [render] */
  added(): void {
    this.set(LINE.steps, this.words[LINE.steps]! + 1);
  }

  /** Tasks x blocks of the last request that were in time, when that request was cut. [render] */
  completeWhenCut(): number {
    const cutAt = this.words[LINE.cutAt]!;
    return cutAt < 0 ? this.words[LINE.steps]! >> 1 : cutAt;
  }

  /** Decides how a request ends, unless that is decided. Returns true when `how` it is. [render, device] */
  decide(generation: number, how: typeof KEPT | typeof CUT): boolean {
    const open = verdict(generation, OPEN);
    return Atomics.compareExchange(this.words, LINE.verdict, open, verdict(generation, how)) === open;
  }

  /** load: share of its time used.   blockMs: time of a block. [render] */
  count(blocks: number, load: number, blockMs: number): void {
    const { numbers } = this;
    // 0.05: a time constant of 20 requests, 53 ms at 128 frames
    numbers[LOAD] = numbers[LOAD]! + 0.05 * (load - numbers[LOAD]!);
    if (blockMs > numbers[LONGEST]!) numbers[LONGEST] = blockMs;
    if (load > numbers[PEAK]!) numbers[PEAK] = load;
    numbers[BLOCKS] = numbers[BLOCKS]! + blocks;
    numbers[LAST] = blocks * blockMs;
  }

  /** Blocks asked of the thread, of which it knows; what lies between two values and was not rendered was missed. [render] */
  get askedBlocks(): number {
    return this.numbers[ASKED]!;
  }
  set askedBlocks(blocks: number) {
    this.numbers[ASKED] = blocks;
  }

  get load(): number {
    return this.numbers[LOAD]!;
  }

  get renderedBlocks(): number {
    return this.numbers[BLOCKS]!;
  }

  /** What the thread needed for the request that it has answered last, in ms. [device] */
  get requestMs(): number {
    return this.numbers[LAST]!;
  }

  /** The longest block since the last call, in ms. [control] */
  takeLongestMs(): number {
    const longest = this.numbers[LONGEST]!;
    this.numbers[LONGEST] = 0;
    return longest;
  }

  /** The largest load of one request since the last call. [control] */
  takePeakLoad(): number {
    const peak = this.numbers[PEAK]!;
    this.numbers[PEAK] = 0;
    return peak;
  }
}

/** The word of a verdict. [any] */
export function verdict(generation: number, how: number): number {
  return (generation << 2) | how;
}
