/**
 * How many frames of something are there, told from one thread to others. It never becomes less. [any]
 *
 *   0  i64 frames
 */
export class FrameCount {
  readonly memory: SharedArrayBuffer;
  readonly #frames: BigInt64Array;

  /** memory: of another one, to be told by it. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(8)) {
    this.memory = memory;
    this.#frames = new BigInt64Array(memory);
  }

  get frames(): number {
    return Number(Atomics.load(this.#frames, 0));
  }

  set frames(frames: number) {
    Atomics.store(this.#frames, 0, BigInt(frames));
  }
}
