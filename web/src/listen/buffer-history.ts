/** The buffer at one moment. */
export interface BufferMoment {
  fillMs: number;
  targetMs: number;
  /** Since the beginning. */
  underruns: number;
}

/** 20 s at 30 a second. */
export const MOST_MOMENTS = 600;

/** The buffer over the last seconds, for a plot. */
export class BufferHistory {
  #moments: BufferMoment[] = [];

  get moments(): readonly BufferMoment[] {
    return this.#moments;
  }

  /** The largest of all that is kept; at least 50. */
  get mostMs(): number {
    return this.#moments.reduce((most, { fillMs, targetMs }) => Math.max(most, fillMs, targetMs), 50);
  }

  push(moment: BufferMoment): void {
    this.#moments.push(moment);
    if (this.#moments.length > MOST_MOMENTS) this.#moments.shift();
  }

  clear(): void {
    this.#moments = [];
  }
}
