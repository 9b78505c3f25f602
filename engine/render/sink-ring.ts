/*
 * The last second or so of what a sink gave, in shared memory: one writer (a render thread), any number of readers.
 *
 *   0  i32 sequence, raised after every write (readers wait on it)   4  i32 channels   8  i32 capacity in frames
 *  12  i32 frames kept while nobody hears it   16  i32 1: somebody hears it
 *  24  f64 frames written since the task was loaded
 *  32  f64 first frame that was written since somebody hears it; infinity: nobody does
 *  40  f64 marks written
 *  48  marks: 512 x { f64 first frame (of the ring), f64 play id, f64 stream frame, f64 timeline frame, f64 frames }
 *   …  samples, f32, channels interleaved: of before it was heard, frame n at n modulo the frames kept then; behind them those
 *      of since then, frame n at n less the first of them, modulo capacity
 *
 * What was never written takes no memory from the system: a ring that nobody hears takes a quarter.
 */
const HEARD = 4;
const NUMBERS_AT = 24;
const WRITTEN = 0;
const HEARD_FROM = 1;
const MARKED = 2;
const MARKS_AT = 3;
const MARKS = 512;
const MARK_NUMBERS = 5;
const SAMPLES_AT = NUMBERS_AT + (MARKS_AT + MARKS * MARK_NUMBERS) * 8;
// A writer may be this far ahead of the count that a reader saw: frames that near to being overwritten are not read.
const GUARD_FRAMES = 8192;

export const SINK_RING_FRAMES = 65536;
/** Who finds a ring some ms after the first frame and wants that too finds it there. */
const UNHEARD_FRAMES = 16384;

/** Where a frame of a sink belongs. */
export interface SinkMark {
  playId: number;
  streamFrame: number;
  timelineFrame: number;
  /** How many frames from here on follow without a jump of the timeline. */
  frames: number;
}

/** A view of a sink's shared ring. */
export class SinkRing {
  readonly channels: number;
  readonly capacity: number;
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly unheardFrames: number;
  /** Of before it was heard, and since. */
  private readonly before: Float32Array;
  private readonly since: Float32Array;
  /** Frames of silence that this writer wrote last, up to the capacity. */
  private silentFrames = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer, 0, NUMBERS_AT / 4);
    this.numbers = new Float64Array(buffer, NUMBERS_AT, (SAMPLES_AT - NUMBERS_AT) / 8);
    this.channels = this.words[1]!;
    this.capacity = this.words[2]!;
    this.unheardFrames = this.words[3]!;
    this.before = new Float32Array(buffer, SAMPLES_AT, this.unheardFrames * this.channels);
    this.since = new Float32Array(buffer, SAMPLES_AT + this.before.byteLength);
  }

  /** isHeardLater: until somebody calls `hear`, fewer frames are kept. */
  static create(channels: number, capacity = SINK_RING_FRAMES, isHeardLater = false): SharedArrayBuffer {
    const unheardFrames = isHeardLater ? UNHEARD_FRAMES : 0;
    const buffer = new SharedArrayBuffer(SAMPLES_AT + channels * (unheardFrames + capacity) * 4);
    new Int32Array(buffer, 0, 5).set([0, channels, capacity, unheardFrames, Number(!isHeardLater)]);
    new Float64Array(buffer, NUMBERS_AT)[HEARD_FROM] = isHeardLater ? Number.POSITIVE_INFINITY : 0;
    return buffer;
  }

  /** Somebody reads it from now on; what is in it can still be read. [control] */
  hear(): this {
    if (Atomics.load(this.words, HEARD) === 1) return this;
    this.since.fill(0); // the system gives the memory here, not to the render thread in a block
    Atomics.store(this.words, HEARD, 1);
    return this;
  }

  /**
   * Adds one piece without a jump of the timeline. [render]
   *
   * planar: one array for each channel; gain goes linearly from gainFrom to gainTo over the piece.
   */
  write(
    planar: Float32Array[],
    at: number,
    frames: number,
    playId: number,
    streamFrame: number,
    timelineFrame: number,
    gainFrom: number,
    gainTo: number,
  ): void {
    const { channels } = this;
    const start = this.begin();
    this.silentFrames = 0;
    const step = (gainTo - gainFrom) / frames;
    // up to the end of the ring, then from its start
    const samples = this.samplesOf(start);
    const capacity = samples.length / channels;
    const first = this.placeOf(start);
    const part = Math.min(frames, capacity - first);
    for (let c = 0; c < channels; c++) {
      const source = planar[c]!;
      for (let i = 0, to = first * channels + c; i < part; i++, to += channels) samples[to] = source[at + i]!;
      for (let i = part, to = c; i < frames; i++, to += channels) samples[to] = source[at + i]!;
    }
    if (gainFrom !== 1 || gainTo !== 1)
      for (let i = 0; i < frames; i++) {
        const gain = gainFrom + step * (i + 1);
        const to = ((first + i) % capacity) * channels;
        for (let c = 0; c < channels; c++) samples[to + c] = samples[to + c]! * gain;
      }
    this.mark(start, frames, playId, streamFrame, timelineFrame);
  }

  /** As `write`, of a piece that is zero. Once the whole ring is, there is nothing to do but to count. [render] */
  writeSilence(frames: number, playId: number, streamFrame: number, timelineFrame: number): void {
    const { channels } = this;
    const start = this.begin();
    const samples = this.samplesOf(start);
    const capacity = samples.length / channels;
    if (this.silentFrames < capacity) {
      const first = this.placeOf(start);
      const part = Math.min(frames, capacity - first);
      samples.fill(0, first * channels, (first + part) * channels);
      if (part < frames) samples.fill(0, 0, (frames - part) * channels);
      this.silentFrames += frames;
    }
    this.mark(start, frames, playId, streamFrame, timelineFrame);
  }

  /*
   * These three do the same whether it is heard or not, and choose among values that they have: a way that was never taken
   * before would have the code of the whole renderer compiled again when the first listener comes.
   */
  /** The first frame of a piece; from it on more is kept if somebody hears it. */
  private begin(): number {
    const { words, numbers } = this;
    const start = numbers[WRITTEN]!;
    const before = numbers[HEARD_FROM]!;
    const now = Math.min(before, start);
    numbers[HEARD_FROM] = Atomics.load(words, HEARD) === 1 ? now : before;
    return start;
  }

  /** What a frame is in. */
  private samplesOf(frame: number): Float32Array {
    const { before, since, numbers } = this;
    return frame < numbers[HEARD_FROM]! ? before : since;
  }

  /** Where in it. */
  private placeOf(frame: number): number {
    const { unheardFrames, capacity, numbers } = this;
    const heardFrom = numbers[HEARD_FROM]!;
    const isBefore = frame < heardFrom;
    const first = isBefore ? 0 : heardFrom;
    const size = isBefore ? unheardFrames : capacity;
    return (frame - first) % size;
  }

  /** Notes where a piece belongs, and lets readers have it. */
  private mark(start: number, frames: number, playId: number, streamFrame: number, timelineFrame: number): void {
    const { numbers } = this;
    const mark = MARKS_AT + (numbers[MARKED]! % MARKS) * MARK_NUMBERS;
    numbers[mark] = start;
    numbers[mark + 1] = playId;
    numbers[mark + 2] = streamFrame;
    numbers[mark + 3] = timelineFrame;
    numbers[mark + 4] = frames;
    numbers[MARKED] = numbers[MARKED]! + 1;
    numbers[WRITTEN] = start + frames;
    Atomics.add(this.words, 0, 1);
    Atomics.notify(this.words, 0);
  }

  /** Frames written so far; the count goes on through all plays. [any] */
  get written(): number {
    Atomics.load(this.words, 0);
    return this.numbers[WRITTEN]!;
  }

  /** The oldest frame that can still be read. [any] */
  get oldest(): number {
    const { written, unheardFrames } = this;
    const heardFrom = this.numbers[HEARD_FROM]!;
    if (heardFrom === Number.POSITIVE_INFINITY) return Math.max(0, written - unheardFrames + GUARD_FRAMES);
    return Math.max(0, heardFrom - unheardFrames, written - this.capacity + GUARD_FRAMES);
  }

  /** The word that is raised and notified after every write, for Atomics.wait and waitAsync. */
  get sequence(): Int32Array {
    return this.words;
  }

  /** Copies frames, interleaved, from frame `from` on; false when some are not there or gone. [any, not render] */
  read(from: number, frames: number, into: Float32Array): boolean {
    if (from < this.oldest || from + frames > this.written) return false;
    const unheard = Math.min(frames, Math.max(0, this.numbers[HEARD_FROM]! - from));
    this.copy(from, unheard, into, 0);
    this.copy(from + unheard, frames - unheard, into, unheard);
    return from >= this.oldest; // still there after the copy, so it was not overwritten meanwhile
  }

  /** Copies frames that are all of before it was heard, or since. */
  private copy(from: number, frames: number, into: Float32Array, at: number): void {
    if (frames === 0) return;
    const { channels } = this;
    const samples = this.samplesOf(from);
    const first = this.placeOf(from);
    const part = Math.min(frames, samples.length / channels - first);
    into.set(samples.subarray(first * channels, (first + part) * channels), at * channels);
    if (part < frames) into.set(samples.subarray(0, (frames - part) * channels), (at + part) * channels);
  }

  /** Where frame `frame` of the ring belongs; undefined when its mark is gone. [any, not render] */
  markAt(frame: number): SinkMark | undefined {
    const { numbers } = this;
    Atomics.load(this.words, 0);
    const marks = numbers[MARKED]!;
    for (let m = marks - 1; m >= Math.max(0, marks - MARKS + 8); m--) {
      const at = MARKS_AT + (m % MARKS) * MARK_NUMBERS;
      const start = numbers[at]!;
      const frames = numbers[at + 4]!;
      if (frame < start) continue;
      if (frame >= start + frames) return undefined;
      const offset = frame - start;
      return {
        playId: numbers[at + 1]!,
        streamFrame: numbers[at + 2]! + offset,
        timelineFrame: numbers[at + 3]! + offset,
        frames: frames - offset,
      };
    }
    return undefined;
  }
}
