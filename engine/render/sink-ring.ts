/*
 * The last second or so of what a sink gave, in shared memory: one writer (a render thread), any number of readers.
 *
 *   0  i32 sequence, raised after every write (readers wait on it)   4  i32 channels   8  i32 capacity in frames
 *  16  f64 frames written since the task was loaded
 *  24  f64 marks written
 *  32  marks: 512 x { f64 first frame (of the ring), f64 play id, f64 stream frame, f64 timeline frame, f64 frames }
 *   …  samples, f32, channels interleaved; frame n stands at n modulo capacity
 */
const MARKS = 512;
const MARK_NUMBERS = 5;
const SAMPLES_AT = 32 + MARKS * MARK_NUMBERS * 8;
// A writer may be this far ahead of the count that a reader saw: frames that near to being overwritten are not read.
const GUARD_FRAMES = 8192;

export const SINK_RING_FRAMES = 65536;

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
  private readonly samples: Float32Array;
  /** Frames of silence that this writer wrote last, up to the capacity. */
  private silentFrames = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.words = new Int32Array(buffer, 0, 4);
    this.numbers = new Float64Array(buffer, 16, (SAMPLES_AT - 16) / 8);
    this.samples = new Float32Array(buffer, SAMPLES_AT);
    this.channels = this.words[1]!;
    this.capacity = this.words[2]!;
  }

  static create(channels: number, capacity = SINK_RING_FRAMES): SharedArrayBuffer {
    const buffer = new SharedArrayBuffer(SAMPLES_AT + channels * capacity * 4);
    new Int32Array(buffer, 0, 4).set([0, channels, capacity, 0]);
    return buffer;
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
    const { channels, capacity, samples, numbers } = this;
    this.silentFrames = 0;
    const start = numbers[0]!;
    const step = (gainTo - gainFrom) / frames;
    // up to the end of the ring, then from its start
    const first = start % capacity;
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
    const { channels, capacity, samples, numbers } = this;
    const start = numbers[0]!;
    if (this.silentFrames < capacity) {
      const first = start % capacity;
      const part = Math.min(frames, capacity - first);
      samples.fill(0, first * channels, (first + part) * channels);
      if (part < frames) samples.fill(0, 0, (frames - part) * channels);
      this.silentFrames += frames;
    }
    this.mark(start, frames, playId, streamFrame, timelineFrame);
  }

  /** Notes where a piece belongs, and lets readers have it. */
  private mark(start: number, frames: number, playId: number, streamFrame: number, timelineFrame: number): void {
    const { numbers } = this;
    const mark = 2 + (numbers[1]! % MARKS) * MARK_NUMBERS;
    numbers[mark] = start;
    numbers[mark + 1] = playId;
    numbers[mark + 2] = streamFrame;
    numbers[mark + 3] = timelineFrame;
    numbers[mark + 4] = frames;
    numbers[1] = numbers[1]! + 1;
    numbers[0] = start + frames;
    Atomics.add(this.words, 0, 1);
    Atomics.notify(this.words, 0);
  }

  /** Frames written so far; the count goes on through all plays. [any] */
  get written(): number {
    Atomics.load(this.words, 0);
    return this.numbers[0]!;
  }

  /** The oldest frame that can still be read. [any] */
  get oldest(): number {
    return Math.max(0, this.written - this.capacity + GUARD_FRAMES);
  }

  /** The word that is raised and notified after every write, for Atomics.wait and waitAsync. */
  get sequence(): Int32Array {
    return this.words;
  }

  /** Copies frames, interleaved, from frame `from` on; false when some are not there or gone. [any, not render] */
  read(from: number, frames: number, into: Float32Array): boolean {
    const { channels, capacity, samples } = this;
    if (from < this.oldest || from + frames > this.written) return false;
    const first = from % capacity;
    const part = Math.min(frames, capacity - first);
    into.set(samples.subarray(first * channels, (first + part) * channels));
    if (part < frames) into.set(samples.subarray(0, (frames - part) * channels), part * channels);
    return from >= this.oldest; // still there after the copy, so it was not overwritten meanwhile
  }

  /** Where frame `frame` of the ring belongs; undefined when its mark is gone. [any, not render] */
  markAt(frame: number): SinkMark | undefined {
    const { numbers } = this;
    Atomics.load(this.words, 0);
    const marks = numbers[1]!;
    for (let m = marks - 1; m >= Math.max(0, marks - MARKS + 8); m--) {
      const at = 2 + (m % MARKS) * MARK_NUMBERS;
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
