import type { MemoryRunner } from './memory-runner.ts';

/*
 * What instances published in the last blocks, in shared memory: one writer (a render thread), any number of readers.
 *
 *   0  i32 values of an entry   4  i32 entries that there is room for   8  f64 entries written
 *  16  entries: f64 play id, f64 stream frame in the middle of the block
 *   …  values of the entries, f32
 */
const WRITTEN_AT = 8;
const ENTRIES_AT = 16;
const ENTRY_NUMBERS = 2;
/** More than a second of blocks of 128 frames at 48 kHz. */
const ENTRIES = 512;
/** A writer may be so far ahead of the count that a reader saw. */
const GUARD_ENTRIES = 32;

/** Where the values of an entry come from: memory, first f32 in it, count. */
export interface ReportImage {
  ring: SharedArrayBuffer;
  places: Int32Array;
}

/** A view of a ring of reports. */
export class ReportRing {
  readonly #counts: Int32Array;
  readonly #numbers: Float64Array;
  readonly #values: Float32Array;

  constructor(ring: SharedArrayBuffer) {
    this.#counts = new Int32Array(ring, 0, 2);
    const entries = this.#counts[1]!;
    this.#numbers = new Float64Array(ring, WRITTEN_AT, 1 + entries * ENTRY_NUMBERS);
    this.#values = new Float32Array(ring, ENTRIES_AT + entries * ENTRY_NUMBERS * 8);
  }

  static create(values: number, entries = ENTRIES): SharedArrayBuffer {
    const ring = new SharedArrayBuffer(ENTRIES_AT + entries * (ENTRY_NUMBERS * 8 + values * 4));
    new Int32Array(ring, 0, 2).set([values, entries]);
    return ring;
  }

  /** Notes what is published now, after a block. [audio] */
  write(playId: number, middleFrame: number, places: Int32Array, runners: readonly MemoryRunner[]): void {
    const values = this.#values;
    const written = this.#numbers[0]!;
    const entry = written % this.#counts[1]!;
    let to = entry * this.#counts[0]!;
    for (let p = 0; p < places.length; p += 3) {
      const { f32 } = runners[places[p]!]!.views;
      const from = places[p + 1]!;
      const count = places[p + 2]!;
      for (let i = 0; i < count; i++) values[to++] = f32[from + i]!;
    }
    this.#numbers[1 + entry * ENTRY_NUMBERS] = playId;
    this.#numbers[2 + entry * ENTRY_NUMBERS] = middleFrame;
    this.#numbers[0] = written + 1;
    Atomics.store(this.#counts, 1, this.#counts[1]!); // what was written is seen by who reads the count behind it
  }

  /** Values of the last block of a play of which the better half lies before a frame; undefined when there are none. [any, not render] */
  before(playId: number, endFrame: number): Float32Array | undefined {
    const entries = Atomics.load(this.#counts, 1);
    const count = this.#counts[0]!;
    const written = this.#numbers[0]!;
    for (let n = written - 1; n >= Math.max(0, written - entries + GUARD_ENTRIES); n--) {
      const entry = n % entries;
      if (this.#numbers[1 + entry * ENTRY_NUMBERS] !== playId) continue;
      if (this.#numbers[2 + entry * ENTRY_NUMBERS]! >= endFrame) continue;
      return this.#values.slice(entry * count, (entry + 1) * count);
    }
    return undefined;
  }
}
