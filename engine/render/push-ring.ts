/*
 * What is pushed into a track, on its way to the render thread, in shared memory: one writer, one reader.
 *
 *   0  i32 frames written (wraps)      4  i32 frames read (wraps)   8  i32 channels        12  i32 capacity in frames, a power of two
 *  16  i32 target in frames           20  i32 1 while it is heard  24  i32 underruns      28  i32 frames that were skipped
 *  32  i32 1 while no more will come     36  three words that are not used
 *  48  samples, f32, channels interleaved; frame n stands at n modulo capacity
 */
const WORDS = 12;
const WRITTEN = 0;
const READ = 1;
const TARGET = 4;
const HEARD = 5;
const UNDERRUNS = 6;
const SKIPPED = 7;
const ENDS = 8;

/** Long enough for the longest target twice and a burst: 4 s and a half at least. */
const CAPACITY_SECONDS = 4.5;
const LONGEST_TARGET_SECONDS = 2;
/** A sender that let us wait once will again: half as much more is held each time. */
const TARGET_GROWTH = 1.5;

/** What became of the sound pushed into a ring. */
export interface PushFacts {
  fillFrames: number;
  targetFrames: number;
  isHeard: boolean;
  /** Since the track was made. */
  underruns: number;
  skippedFrames: number;
}

/** A view of the ring of one track. */
export class PushRing {
  readonly channels: number;
  readonly capacity: number;
  readonly #words: Int32Array;
  readonly #samples: Float32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#samples = new Float32Array(memory, WORDS * 4);
    this.channels = this.#words[2]!;
    this.capacity = this.#words[3]!;
  }

  /** targetSeconds: what is held before it is heard. */
  static create(channels: number, sampleRate: number, targetSeconds: number): SharedArrayBuffer {
    const capacity = 2 ** Math.ceil(Math.log2(CAPACITY_SECONDS * sampleRate));
    const memory = new SharedArrayBuffer(WORDS * 4 + capacity * channels * 4);
    new Int32Array(memory, 0, WORDS).set([0, 0, channels, capacity, Math.round(targetSeconds * sampleRate)]);
    return memory;
  }

  /** [any] */
  facts(): PushFacts {
    const words = this.#words;
    return {
      fillFrames: this.fillFrames,
      targetFrames: Atomics.load(words, TARGET),
      isHeard: Atomics.load(words, HEARD) === 1,
      underruns: Atomics.load(words, UNDERRUNS),
      skippedFrames: Atomics.load(words, SKIPPED),
    };
  }

  /** Frames that were written and not yet read. [any] */
  get fillFrames(): number {
    return (Atomics.load(this.#words, WRITTEN) - Atomics.load(this.#words, READ)) | 0;
  }

  get targetFrames(): number {
    return Atomics.load(this.#words, TARGET);
  }

  get isHeard(): boolean {
    return Atomics.load(this.#words, HEARD) === 1;
  }

  /** What is to be held from now on. [control] */
  setTarget(frames: number): void {
    Atomics.store(this.#words, TARGET, frames);
  }

  /** Whether more will come: that it runs dry is no underrun when none will. [control] */
  expect(isMore: boolean): void {
    Atomics.store(this.#words, ENDS, isMore ? 0 : 1);
  }

  /** Adds interleaved frames; returns how many found no room. [control] */
  write(interleaved: Float32Array): number {
    const { channels, capacity } = this;
    const wanted = interleaved.length / channels;
    const frames = Math.min(wanted, capacity - this.fillFrames);
    const written = this.#words[WRITTEN]!;
    const first = written & (capacity - 1);
    const part = Math.min(frames, capacity - first);
    this.#samples.set(interleaved.subarray(0, part * channels), first * channels);
    this.#samples.set(interleaved.subarray(part * channels, frames * channels), 0);
    Atomics.store(this.#words, WRITTEN, (written + frames) | 0);
    return wanted - frames;
  }

  /** Begins or ends to be heard. [render] */
  hear(isHeard: boolean): void {
    Atomics.store(this.#words, HEARD, isHeard ? 1 : 0);
  }

  /** It has run dry: counts an underrun, and holds more from then on, unless no more was to come. [render] */
  runDry(sampleRate: number): void {
    const words = this.#words;
    if (Atomics.load(words, ENDS) === 1) return;
    Atomics.add(words, UNDERRUNS, 1);
    const most = Math.round(LONGEST_TARGET_SECONDS * sampleRate);
    Atomics.store(words, TARGET, Math.min(most, Math.round(words[TARGET]! * TARGET_GROWTH)));
  }

  /** Leaves frames out. [render] */
  skip(frames: number): void {
    Atomics.add(this.#words, READ, frames);
    Atomics.add(this.#words, SKIPPED, frames);
  }

  /** The frame before the next one, of a channel. [render] */
  last(channel: number): number {
    return this.#samples[((this.#words[READ]! - 1) & (this.capacity - 1)) * this.channels + channel]!;
  }

  /** Frame `frame` from the next one on, of a channel; it has to be there. [render] */
  sample(frame: number, channel: number): number {
    return this.#samples[((this.#words[READ]! + frame) & (this.capacity - 1)) * this.channels + channel]!;
  }

  /** The next frames were taken. [render] */
  taken(frames: number): void {
    Atomics.add(this.#words, READ, frames);
  }
}
