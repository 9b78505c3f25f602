/*
 * Durations counted in buckets that grow by 2^(1/8), 9 %, in shared memory: one writer, any number of readers.
 *
 *    0  f64 longest, ms      8  f64 sum, ms
 *   16  200 x u32: bucket 0 up to 1 us, bucket n up to 2^(n/8) us; the last one (above 28 s) has no upper end
 */
const BUCKETS = 200;
const STEPS_PER_OCTAVE = 8;
const COUNTS_AT = 16;

/** What a histogram says: durations in ms, each the upper end of its bucket, so at most 9 % too long and never too short. */
export interface Distribution {
  count: number;
  mean: number;
  p50: number;
  p99: number;
  p999: number;
  /** Exact. */
  max: number;
}

/** A view of one histogram. */
export class Histogram {
  /** A multiple of 8. */
  static readonly BYTES = COUNTS_AT + BUCKETS * 4;
  private readonly numbers: Float64Array;
  private readonly counts: Uint32Array;

  constructor(buffer: SharedArrayBuffer, at = 0) {
    this.numbers = new Float64Array(buffer, at, 2);
    this.counts = new Uint32Array(buffer, at + COUNTS_AT, BUCKETS);
  }

  /** Counts one duration. [render] */
  add(ms: number): void {
    const { numbers, counts } = this;
    if (ms > numbers[0]!) numbers[0] = ms;
    numbers[1] = numbers[1]! + ms;
    const bucket = ms <= 0.001 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms * 1000) * STEPS_PER_OCTAVE));
    counts[bucket] = counts[bucket]! + 1;
  }

  /** Since the start. [control] */
  distribution(): Distribution {
    const counts = this.counts.slice();
    const [max, sum] = this.numbers.slice() as unknown as [number, number];
    const count = counts.reduce((all, one) => all + one, 0);
    const quantile = (share: number): number => {
      let left = Math.ceil(share * count);
      for (let bucket = 0; bucket < BUCKETS; bucket++) {
        left -= counts[bucket]!;
        if (left <= 0) return bucket === BUCKETS - 1 ? max : Math.min(max, 2 ** (bucket / STEPS_PER_OCTAVE) / 1000);
      }
      return max;
    };
    if (count === 0) return { count, mean: 0, p50: 0, p99: 0, p999: 0, max: 0 };
    return { count, mean: sum / count, p50: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), max };
  }
}
