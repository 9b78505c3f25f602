/** Upper ends of the buckets, in ms. */
export const DURATION_ENDS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
];

/** How long something took, again and again. [control] */
export class Durations {
  count = 0;
  max = 0;
  /** How many ended in each bucket, then all that is longer. */
  readonly buckets: number[] = Array.from({ length: DURATION_ENDS_MS.length + 1 }, () => 0);
  private sum = 0;

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  add(ms: number): void {
    this.count++;
    this.sum += ms;
    this.max = Math.max(this.max, ms);
    const bucket = DURATION_ENDS_MS.findIndex((endMs) => ms <= endMs);
    this.buckets[bucket < 0 ? DURATION_ENDS_MS.length : bucket]!++;
  }
}
