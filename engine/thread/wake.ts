/*
 * How the device wakes the render threads inside one block, without a message and without a further block of delay.
 *
 *   device                                   each render thread
 *   blocks = n, generation += 1, notify ---> wakes, renders n blocks into its mix
 *   waits on the bell, at most until     <-- done = generation, bell += 1, notify
 *   its deadline, then adds the mixes        takes its mail, sleeps on generation
 *
 * The memory, little-endian:
 *     0  i32  generation      4  i32  bell           8  i32  blocks asked     12  i32  stop
 *    16  i32  threads        20  i32  channels      24  i32  block frames     28  i32  most blocks in one request
 *    32  i32  sample rate
 *    64  f64  frames asked of the threads since start     72  f64  blocks that the device itself left out
 *   128  one line of 128 bytes for each thread:
 *          0  i32  online    4  i32  done (a generation)    8  i32  letters posted    12  i32  letters taken
 *         16  i32  late blocks                             64  f64  load, 0 to 1     72  f64  longest block, ms
 *   then the mix of each thread: channels x (most blocks x block frames) f32, planar
 */
const GENERATION = 0;
const BELL = 1;
const BLOCKS = 2;
const STOP = 3;
const CLOCK = 8;
const LEFT_OUT = 9;
const LINE_BYTES = 128;
const ONLINE = 0;
const DONE = 1;
const POSTED = 2;
const TAKEN = 3;
const LATE = 4;
const LOAD = 8;
const LONGEST = 9;

export interface WakeShape {
  /** Render threads that may come online, 1 to 31. */
  threads: number;
  /** Channels of the device's output. */
  channels: number;
  blockFrames: number;
  /** The most blocks that the device asks for at once. */
  maxBlocks: number;
  sampleRate: number;
}

/** The hand-shake between one device thread and the render threads, over shared memory; every side makes its own view. */
export class Wake {
  readonly memory: SharedArrayBuffer;
  readonly threads: number;
  readonly channels: number;
  readonly blockFrames: number;
  readonly maxBlocks: number;
  readonly sampleRate: number;
  /** [device] What the threads played in the last request, one array a channel; valid for the frames asked. */
  readonly mix: Float32Array[];
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly mixes: Float32Array[][];

  static create({ threads, channels, blockFrames, maxBlocks, sampleRate }: WakeShape): Wake {
    const mixBytes = channels * blockFrames * maxBlocks * 4;
    const memory = new SharedArrayBuffer(LINE_BYTES + threads * (LINE_BYTES + mixBytes));
    new Int32Array(memory).set([threads, channels, blockFrames, maxBlocks, sampleRate], 4);
    return new Wake(memory);
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, memory.byteLength >> 2);
    this.numbers = new Float64Array(memory, 0, memory.byteLength >> 3);
    const [threads, channels, blockFrames, maxBlocks, sampleRate] = this.words.subarray(4, 9);
    this.threads = threads!;
    this.channels = channels!;
    this.blockFrames = blockFrames!;
    this.maxBlocks = maxBlocks!;
    this.sampleRate = sampleRate!;
    const frames = this.blockFrames * this.maxBlocks;
    const start = LINE_BYTES * (1 + this.threads);
    this.mixes = Array.from({ length: this.threads }, (_, thread) =>
      Array.from(
        { length: this.channels },
        (_, channel) => new Float32Array(memory, start + (thread * this.channels + channel) * frames * 4, frames),
      ),
    );
    this.mix = Array.from({ length: this.channels }, () => new Float32Array(frames));
  }

  /**
   * Has the next blocks rendered and adds them into `mix`. [device]
   *
   * blocks: 1 to maxBlocks.   deadlineMs: how long to wait. A thread that is late is silent in this request, is counted,
   * and is not waited for again until it has caught up: a stuck one costs the others one deadline, once.
   * Returns the number of threads that were late.
   */
  request(blocks: number, deadlineMs: number): number {
    const { words } = this;
    const until = performance.now() + deadlineMs;
    const last = Atomics.load(words, GENERATION);
    const generation = (last + 1) | 0;
    let missing = 0;
    let waited = 0;
    for (let thread = 0; thread < this.threads; thread++) {
      if (!Atomics.load(words, at(thread, ONLINE))) continue;
      if (Atomics.load(words, at(thread, DONE)) === last) waited |= 1 << thread;
      else missing |= 1 << thread;
    }
    words[BLOCKS] = blocks;
    Atomics.store(words, GENERATION, generation);
    Atomics.notify(words, GENERATION);

    let open = waited;
    for (;;) {
      const bell = Atomics.load(words, BELL);
      for (let thread = 0; thread < this.threads; thread++)
        if (open & (1 << thread) && Atomics.load(words, at(thread, DONE)) === generation) open &= ~(1 << thread);
      if (!open) break;
      const leftMs = until - performance.now();
      if (leftMs <= 0) break;
      Atomics.wait(words, BELL, bell, leftMs);
    }
    missing |= open;
    this.addMixes(waited & ~open, blocks * this.blockFrames);
    let late = 0;
    for (let thread = 0; thread < this.threads; thread++) {
      if (!(missing & (1 << thread))) continue;
      late++;
      Atomics.add(words, at(thread, LATE), blocks);
    }
    this.numbers[CLOCK] = this.numbers[CLOCK]! + blocks * this.blockFrames;
    return late;
  }

  /** In the order of the threads, so that the sum does not depend on who was first. [device] */
  private addMixes(threads: number, frames: number): void {
    for (let channel = 0; channel < this.channels; channel++) {
      const sum = this.mix[channel]!;
      sum.fill(0, 0, frames);
      for (let thread = 0; thread < this.threads; thread++) {
        if (!(threads & (1 << thread))) continue;
        const part = this.mixes[thread]![channel]!;
        for (let i = 0; i < frames; i++) sum[i] = sum[i]! + part[i]!;
      }
    }
  }

  /** Counts blocks that the device did not ask for because its time was over. [device] */
  leaveOut(blocks: number): void {
    this.numbers[LEFT_OUT] = this.numbers[LEFT_OUT]! + blocks;
  }

  /** Declares a thread ready; from the next request on the device waits for it. Returns the generation to go on from. [render] */
  join(thread: number): number {
    const generation = Atomics.load(this.words, GENERATION);
    Atomics.store(this.words, at(thread, DONE), generation);
    Atomics.store(this.words, at(thread, ONLINE), 1);
    return generation;
  }

  /**
   * Sleeps until there is a request after `seen`, a letter or the end; returns the generation now. [render]
   *
   * It looks up every 100 ms by itself: a letter's notify may fall between the look into the box and the sleep.
   */
  sleep(seen: number): number {
    Atomics.wait(this.words, GENERATION, seen, 100);
    return Atomics.load(this.words, GENERATION);
  }

  /** Blocks that the present request asks for. [render] */
  blocksAsked(): number {
    return this.words[BLOCKS]!;
  }

  /** Channels of the thread's mix from block `block` of the request on. Makes views: call it at the start. [render & !active] */
  mixOf(thread: number, block: number): Float32Array[] {
    const from = block * this.blockFrames;
    return this.mixes[thread]!.map((channel) => channel.subarray(from, from + this.blockFrames));
  }

  /** Hands the finished request over. load: share of its time used.   blockMs: time of a block. [render] */
  done(thread: number, generation: number, load: number, blockMs: number): void {
    const line = (LINE_BYTES >> 3) * (1 + thread);
    // 0.05: a time constant of 20 requests, 53 ms at 128 frames
    this.numbers[line + LOAD] = this.numbers[line + LOAD]! + 0.05 * (load - this.numbers[line + LOAD]!);
    if (blockMs > this.numbers[line + LONGEST]!) this.numbers[line + LONGEST] = blockMs;
    Atomics.store(this.words, at(thread, DONE), generation);
    Atomics.add(this.words, BELL, 1);
    Atomics.notify(this.words, BELL);
  }

  /** True when a letter lies in the box of a thread. [render] */
  hasMail(thread: number): boolean {
    return Atomics.load(this.words, at(thread, POSTED)) !== this.words[at(thread, TAKEN)];
  }

  /** Says that the oldest letter was acted upon. [render] */
  mailTaken(thread: number): void {
    Atomics.add(this.words, at(thread, TAKEN), 1);
    Atomics.notify(this.words, at(thread, TAKEN));
  }

  /** Says that one more letter was posted; resolves when the thread has acted upon it. [control] */
  async mailPosted(thread: number): Promise<void> {
    const { words } = this;
    const mine = Atomics.add(words, at(thread, POSTED), 1) + 1;
    Atomics.notify(words, GENERATION);
    for (;;) {
      const taken = Atomics.load(words, at(thread, TAKEN));
      if (((taken - mine) | 0) >= 0 || this.isStopped()) return;
      const wait = Atomics.waitAsync(words, at(thread, TAKEN), taken);
      if (wait.async) await wait.value;
    }
  }

  /** Ends the render threads at their next look. [control] */
  stop(): void {
    Atomics.store(this.words, STOP, 1);
    Atomics.notify(this.words, GENERATION);
    for (let thread = 0; thread < this.threads; thread++) {
      Atomics.store(this.words, at(thread, ONLINE), 0);
      Atomics.notify(this.words, at(thread, TAKEN));
    }
  }

  isStopped(): boolean {
    return Atomics.load(this.words, STOP) !== 0;
  }

  /** Frames that the device asked for since its start. [any] */
  clockFrames(): number {
    return this.numbers[CLOCK]!;
  }

  /** Blocks that the device left out. [any] */
  leftOutBlocks(): number {
    return this.numbers[LEFT_OUT]!;
  }

  /** Blocks in which the thread was late. [any] */
  lateBlocks(thread: number): number {
    return Atomics.load(this.words, at(thread, LATE));
  }

  /** Share of the block time that the thread uses, smoothed. [any] */
  load(thread: number): number {
    return this.numbers[(LINE_BYTES >> 3) * (1 + thread) + LOAD]!;
  }

  /** The longest block since the last call, in ms. [control] */
  takeLongestMs(thread: number): number {
    const index = (LINE_BYTES >> 3) * (1 + thread) + LONGEST;
    const longest = this.numbers[index]!;
    this.numbers[index] = 0;
    return longest;
  }
}

const at = (thread: number, word: number): number => (LINE_BYTES >> 2) * (1 + thread) + word;
