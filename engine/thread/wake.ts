import { Histogram } from './histogram.ts';
import { LoadTurns } from './load-turns.ts';
import { CUT, KEPT, LINE, LINE_BYTES, OPEN, ThreadLine, verdict } from './thread-line.ts';

/*
 * How the device wakes the render threads inside one block, without a message and without a further block of delay.
 *
 *   device                                   each render thread
 *   blocks = n, generation += 1, notify ---> wakes, renders n blocks into its mix
 *   waits on the bell, at most until     <-- done = generation, bell += 1, notify
 *   its deadline, then adds the mixes        takes its mail, sleeps on generation
 *
 * Of a thread that is late the device takes the tasks that were complete at the deadline; the others are silent.
 *
 * The memory, little-endian:
 *     0  i32  generation      4  i32  bell           8  i32  blocks asked     12  i32  stop
 *    16  i32  threads        20  i32  channels      24  i32  block frames     28  i32  most blocks in one request
 *    32  i32  sample rate    36  i32  alarm, raised when a thread was late             40  i32  input channels
 *    64  f64  frames asked of the threads since start     72  f64  blocks that the device itself left out
 *    80  f64  blocks asked, with the request under way    88  f64  blocks in which some thread was late
 *   128  one line for each thread (thread-line.ts)
 *   then three kinds of histograms: how late the device asked; from its asking to the last answer; for each thread the
 *   time it took for a block
 *   then loads in turns (load-turns.ts): of waking the threads, then of each thread
 *   then the mix of each thread: channels x (most blocks x block frames) f32, planar
 *   then what the device heard: input channels x (most blocks x block frames) f32, planar
 */
const GENERATION = 0;
const BELL = 1;
const BLOCKS = 2;
const STOP = 3;
const ALARM = 9;
const INPUTS = 10;
const CLOCK = 8;
const LEFT_OUT = 9;
const ASKED = 10;
const MISSED = 11;
const HEAD_BYTES = 128;

/** How long the device looks after its deadline for the end of an addition that is under way, and how often. */
const TORN_WAIT_MS = 0.02;
const TORN_WAITS = 10;

export interface WakeShape {
  /** Render threads that may come online, 1 to 31. */
  threads: number;
  /** Channels of the device's output. */
  channels: number;
  /** Channels that the device hears; default 0. */
  inputChannels?: number;
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
  readonly inputChannels: number;
  readonly blockFrames: number;
  readonly maxBlocks: number;
  readonly sampleRate: number;
  /** [device] What the threads played in the last request, one array a channel; valid for the frames asked. */
  readonly mix: Float32Array[];
  /** What the device heard beside the next request, one array a channel, in its own time. [device writes, before `request`] */
  readonly input: Float32Array[];
  /** By thread. */
  readonly lines: ThreadLine[];
  /** How long after it was due each request was made, in ms; empty for a device whose time is not ours. [device writes] */
  readonly lateness: Histogram;
  /** From a request to the last answer or the deadline, in ms. [device writes] */
  readonly response: Histogram;
  /** By thread: the time that it took for a block, in ms. [render writes] */
  readonly blockTimes: Histogram[];
  /**
   * Share of a block that passes between the device and the threads: from a request to its last answer, less what the thread
   * that needed longest needed. Of requests that were answered in time. [device writes]
   */
  readonly waking: LoadTurns;
  /** By thread: its load. [render writes] */
  readonly turns: LoadTurns[];
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly mixes: Float32Array[][];

  static create({ threads, channels, inputChannels = 0, blockFrames, maxBlocks, sampleRate }: WakeShape): Wake {
    const channelBytes = blockFrames * maxBlocks * 4;
    const memory = new SharedArrayBuffer(mixesAt(threads) + (threads * channels + inputChannels) * channelBytes);
    const words = new Int32Array(memory);
    words.set([threads, channels, blockFrames, maxBlocks, sampleRate], 4);
    words[INPUTS] = inputChannels;
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
    this.inputChannels = this.words[INPUTS]!;
    const frames = this.blockFrames * this.maxBlocks;
    const each = Array.from({ length: this.threads }, (_, thread) => thread);
    this.lines = each.map((thread) => new ThreadLine(memory, HEAD_BYTES + thread * LINE_BYTES));
    this.lateness = new Histogram(memory, histogramAt(this.threads, 0));
    this.response = new Histogram(memory, histogramAt(this.threads, 1));
    this.blockTimes = each.map((thread) => new Histogram(memory, histogramAt(this.threads, 2 + thread)));
    this.waking = new LoadTurns(memory, turnsAt(this.threads, 0));
    this.turns = each.map((thread) => new LoadTurns(memory, turnsAt(this.threads, 1 + thread)));
    const start = mixesAt(this.threads);
    this.mixes = Array.from({ length: this.threads }, (_, thread) =>
      Array.from(
        { length: this.channels },
        (_, channel) => new Float32Array(memory, start + (thread * this.channels + channel) * frames * 4, frames),
      ),
    );
    this.mix = Array.from({ length: this.channels }, () => new Float32Array(frames));
    const inputsAt = start + this.threads * this.channels * frames * 4;
    this.input = Array.from(
      { length: this.inputChannels },
      (_, channel) => new Float32Array(memory, inputsAt + channel * frames * 4, frames),
    );
  }

  /**
   * Has the next blocks rendered and adds them into `mix`. [device]
   *
   * blocks: 1 to maxBlocks.   deadlineMs: how long to wait. Tasks that a thread has not completed by then are silent in
   * this request. A thread that is late is counted, the alarm is raised, and it is not waited for again until it has
   * caught up: a stuck one costs the others one deadline, once. Returns the number of threads that were late.
   */
  request(blocks: number, deadlineMs: number): number {
    const { words, lines, numbers } = this;
    const began = performance.now();
    const until = began + deadlineMs;
    const last = Atomics.load(words, GENERATION);
    const generation = (last + 1) | 0;
    let missing = 0;
    let waited = 0;
    for (let thread = 0; thread < this.threads; thread++) {
      const line = lines[thread]!;
      if (!line.get(LINE.online)) continue;
      const isReady = line.get(LINE.done) === last;
      if (isReady) waited |= 1 << thread;
      else missing |= 1 << thread;
      line.set(LINE.verdict, verdict(generation, isReady ? OPEN : CUT));
    }
    numbers[ASKED] = numbers[ASKED]! + blocks;
    words[BLOCKS] = blocks;
    Atomics.store(words, GENERATION, generation);
    Atomics.notify(words, GENERATION);

    let open = waited;
    for (;;) {
      const bell = Atomics.load(words, BELL);
      for (let thread = 0; thread < this.threads; thread++)
        if (open & (1 << thread) && lines[thread]!.get(LINE.done) === generation) open &= ~(1 << thread);
      if (!open) break;
      const leftMs = until - performance.now();
      if (leftMs <= 0) break;
      Atomics.wait(words, BELL, bell, leftMs);
    }
    let heard = waited;
    for (let thread = 0; thread < this.threads; thread++) {
      if (!(open & (1 << thread)) || !lines[thread]!.decide(generation, CUT)) continue;
      missing |= 1 << thread;
      if (!this.isMixWhole(thread, generation)) heard &= ~(1 << thread);
    }
    this.addMixes(heard, blocks * this.blockFrames);
    const responseMs = performance.now() - began;
    this.response.add(responseMs);
    if (waited && !missing) this.waking.add(this.wakingLoad(responseMs, blocks));
    let late = 0;
    for (let thread = 0; thread < this.threads; thread++) {
      if (!(missing & (1 << thread))) continue;
      late++;
      Atomics.add(lines[thread]!.words, LINE.late, blocks);
    }
    if (late > 0) {
      numbers[MISSED] = numbers[MISSED]! + blocks;
      Atomics.add(words, ALARM, 1);
      Atomics.notify(words, ALARM);
    }
    numbers[CLOCK] = numbers[CLOCK]! + blocks * this.blockFrames;
    return late;
  }

  /** What of a response was not the threads' work; all of them have answered. [device] */
  private wakingLoad(responseMs: number, blocks: number): number {
    let longestMs = 0;
    for (let thread = 0; thread < this.threads; thread++) {
      const line = this.lines[thread]!;
      if (line.get(LINE.online) && line.requestMs > longestMs) longestMs = line.requestMs;
    }
    return (Math.max(0, responseMs - longestMs) * this.sampleRate) / (1000 * blocks * this.blockFrames);
  }

  /** Whether the mix of a thread that was just cut holds whole tasks of this request alone; it is not changed any more then. [device] */
  private isMixWhole(thread: number, generation: number): boolean {
    const line = this.lines[thread]!;
    if (line.get(LINE.begun) !== generation) return false;
    for (let i = 0; i < TORN_WAITS; i++) {
      const steps = line.get(LINE.steps);
      if ((steps & 1) === 0) return true;
      Atomics.wait(line.words, LINE.steps, steps, TORN_WAIT_MS);
    }
    return false;
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
    const line = this.lines[thread]!;
    const generation = Atomics.load(this.words, GENERATION);
    line.set(LINE.done, generation);
    line.set(LINE.online, 1);
    return generation;
  }

  /**
   * Sleeps until there is a request after `seen`, a letter or the end; returns the generation now. [render]
   *
   * It looks up every 100 ms by itself: a letter's notify may fall between the look into the box and the sleep.
   */
  sleep(seen: number): number {
    this.isIdle = Atomics.wait(this.words, GENERATION, seen, 100) === 'timed-out';
    return Atomics.load(this.words, GENERATION);
  }

  /** The last sleep brought nothing: no device asks at present. [render] */
  isIdle = false;

  /** Blocks that the present request asks for. [render] */
  blocksAsked(): number {
    return this.words[BLOCKS]!;
  }

  /** Blocks asked of the threads since start, those of the present request included. [render] */
  askedBlocks(): number {
    return this.numbers[ASKED]!;
  }

  /** Channels of the thread's mix from block `block` of the request on. Makes views: call it at the start. [render & !active] */
  mixOf(thread: number, block: number): Float32Array[] {
    const from = block * this.blockFrames;
    return this.mixes[thread]!.map((channel) => channel.subarray(from, from + this.blockFrames));
  }

  /** What the device heard, from block `block` of the request on. Makes views: call it at the start. [render & !active] */
  inputOf(block: number): Float32Array[] {
    const from = block * this.blockFrames;
    return this.input.map((channel) => channel.subarray(from, from + this.blockFrames));
  }

  /**
   * Hands the finished request over. load: share of its time used.   blockMs: time of a block. [render]
   *
   * Returns whether it was in time.
   */
  done(thread: number, generation: number, load: number, blockMs: number): boolean {
    const line = this.lines[thread]!;
    const blocks = this.words[BLOCKS]!;
    line.count(blocks, load, blockMs);
    this.blockTimes[thread]!.add(blockMs);
    this.turns[thread]!.add(load);
    const isInTime = line.decide(generation, KEPT);
    line.set(LINE.done, generation);
    Atomics.add(this.words, BELL, 1);
    Atomics.notify(this.words, BELL);
    return isInTime;
  }

  /** True when a letter lies in the box of a thread. [render] */
  hasMail(thread: number): boolean {
    const { words } = this.lines[thread]!;
    return Atomics.load(words, LINE.posted) !== words[LINE.taken];
  }

  /** Says that the oldest letter was acted upon. [render] */
  mailTaken(thread: number): void {
    const { words } = this.lines[thread]!;
    Atomics.add(words, LINE.taken, 1);
    Atomics.notify(words, LINE.taken);
  }

  /** Says that one more letter was posted; resolves when the thread has acted upon it. [control] */
  async mailPosted(thread: number): Promise<void> {
    const { words } = this.lines[thread]!;
    const mine = Atomics.add(words, LINE.posted, 1) + 1;
    Atomics.notify(this.words, GENERATION);
    for (;;) {
      const taken = Atomics.load(words, LINE.taken);
      if (((taken - mine) | 0) >= 0 || this.isStopped()) return;
      const wait = Atomics.waitAsync(words, LINE.taken, taken);
      if (wait.async) await wait.value;
    }
  }

  /** Ends the render threads at their next look. [control] */
  stop(): void {
    Atomics.store(this.words, STOP, 1);
    Atomics.notify(this.words, GENERATION);
    Atomics.add(this.words, ALARM, 1);
    Atomics.notify(this.words, ALARM);
    for (const { words } of this.lines) {
      Atomics.store(words, LINE.online, 0);
      Atomics.notify(words, LINE.taken);
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

  /** Blocks asked in which some thread was late. [any] */
  missedBlocks(): number {
    return this.numbers[MISSED]!;
  }

  /** Blocks in which the thread was late. [any] */
  lateBlocks(thread: number): number {
    return this.lines[thread]!.get(LINE.late);
  }

  /** Share of the block time that the thread uses, smoothed. [any] */
  load(thread: number): number {
    return this.lines[thread]!.load;
  }

  /** The longest block since the last call, in ms. [control] */
  takeLongestMs(thread: number): number {
    return this.lines[thread]!.takeLongestMs();
  }

  /** The generation under way or done last. [any] */
  generation(): number {
    return Atomics.load(this.words, GENERATION);
  }

  /** How often a thread was late, as the watchdog counts it. [any] */
  alarms(): number {
    return Atomics.load(this.words, ALARM);
  }

  /** Sleeps until the alarm is raised, also by the end; or for `timeoutMs`. [watchdog] */
  awaitAlarm(seen: number, timeoutMs: number): void {
    Atomics.wait(this.words, ALARM, seen, timeoutMs);
  }

  /** As awaitAlarm, while other things of the thread go on. [watchdog] */
  async alarm(seen: number, timeoutMs: number): Promise<void> {
    const wait = Atomics.waitAsync(this.words, ALARM, seen, timeoutMs);
    if (wait.async) await wait.value;
  }
}

const histogramAt = (threads: number, index: number): number =>
  HEAD_BYTES + threads * LINE_BYTES + index * Histogram.BYTES;
const turnsAt = (threads: number, index: number): number => histogramAt(threads, 2 + threads) + index * LoadTurns.BYTES;
/** The mixes begin 16-byte aligned. */
const mixesAt = (threads: number): number => (turnsAt(threads, 1 + threads) + 15) & ~15;
