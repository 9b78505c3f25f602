import type { Distribution } from '@audiocloud/api';

/*
 * Durations counted in buckets that grow by 2^(1/8), 9 %, in shared memory: one writer, any number of readers.
 *
 *    0  f64 longest, ms      8  f64 sum, ms
 *   16  200 x u32: bucket 0 up to 1 us, bucket n up to 2^(n/8) us; the last one (above 28 s) has no upper end
 */
const BUCKETS = 200;
const STEPS_PER_OCTAVE = 8;
const COUNTS_AT = 16;
/** Buckets of ours in one of a distribution, whose ends are ends of ours too. */
const BUCKETS_IN_ONE = 4;
/**
 * How many ends a distribution has: those of BUCKET_ENDS_MS. Its module is not loaded here, for with it came all schemas of the
 * contract, into every render thread: half a second, and 10 MB.
 */
export const DISTRIBUTION_ENDS = 41;

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

  /** Counts one duration, or so many that are the same. [render] */
  add(ms: number, times = 1): void {
    const { numbers, counts } = this;
    if (ms > numbers[0]!) numbers[0] = ms;
    numbers[1] = numbers[1]! + ms * times;
    const bucket = ms <= 0.001 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms * 1000) * STEPS_PER_OCTAVE));
    counts[bucket] = counts[bucket]! + times;
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
    if (count === 0) return { count, mean: 0, p50: 0, p99: 0, p999: 0, max: 0, buckets: [] };
    const [p50, p99, p999] = [quantile(0.5), quantile(0.99), quantile(0.999)];
    return { count, mean: sum / count, p50, p99, p999, max, buckets: coarse(counts) };
  }
}

function coarse(counts: Uint32Array): number[] {
  const buckets = new Array<number>(DISTRIBUTION_ENDS + 1).fill(0);
  for (let bucket = 0; bucket < BUCKETS; bucket++)
    buckets[Math.min(DISTRIBUTION_ENDS, Math.ceil(bucket / BUCKETS_IN_ONE))]! += counts[bucket]!;
  return buckets.slice(0, buckets.findLastIndex((count) => count > 0) + 1);
}
