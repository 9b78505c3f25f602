import { bessel } from './bessel.as';

/** Values of a kernel between two frames of a sound; a row of every table lies on one of them. */
const PHASES: u32 = 240;
/** Frames of a sound on each side that the kernel reaches when it is not stretched. */
const HALF: u32 = 16;
/** The same of the kernel that is stretched by more than 4, which would have hundreds of taps: so its slope is half as steep. */
const WIDE_HALF: u32 = 8;
/** Its cutoff, as a share of half the rate: lower, so that aliases are as low as those of the other. */
const WIDE_CUTOFF: f64 = 0.8;
const NARROW_ROWS: u32 = 60;
const BETA: f64 = 0.1102 * (90.0 - 8.7); // stop band 90 dB down
const TABLES: u32 = 15;
/** Rows of each table: it is stretched by PHASES / rows, 1 to 16. */
const ROWS: usize = memory.data<u32>([240, 200, 180, 160, 144, 120, 100, 80, 60, 48, 40, 30, 24, 20, 15]);
/** Not stretched: one frame for a frame, in steps of 2^-32. */
export const SINC_UNITY: u64 = 0x100000000;

/**
 * One stretch of the kernel: row p of 0 to `rows` holds the taps for a position p / rows behind a frame.
 *
 * 0 rows u32 · 4 taps u32, a multiple of 8 · 8 weights usize (f32[rows + 1][taps])
 */
@final
@unmanaged
export class SincTable {
  rows: u32;
  taps: u32;
  weights: usize;

  /** Frames that are read before the one at or before a position; behind it one more. [any] */
  @inline get before(): u32 {
    return (this.taps >> 1) - 1;
  }
}

const TABLE_BYTES: usize = 12;

/**
 * Reads a sound at any speed, by windowed sinc. A frame between two is a sum over the frames around it, weighted by
 * sinc(t) I0(beta sqrt(1 - (t / 16)^2)), 16 frames to each side; faster than 1 the kernel is stretched by the next of 15 steps, 1 to 16,
 * at or above the speed, so that its cutoff falls and its taps become more; beyond 4 it is a shorter one. Each row adds up to 1.
 *
 * What a sound has below 0.4 of its sample rate comes within 0.001 dB at speeds up to 1; above, what is below 0.4 / stretch of it, 0.2 /
 * stretch beyond 4: so 0.33 of the rate that it is heard at up to speed 2, 0.3 up to 4, 0.16 beyond. Images of it, and aliases below 0.4 of the
 * rate that it is heard at, are 90 dB down. At speed 1 from a whole frame on it is the sound itself, to the bit.
 * Speeds are 1/16 to 16. Latency 0 frames.
 *
 * Source: J. Smith and P. Gossett, "A Flexible Sampling-Rate Conversion Method", ICASSP 1984: rows of a filter, and a straight line between
 * two of them, which is off by 97 dB at 0.4 of the rate. J. Kaiser, see half-band.as.ts, for the window.
 *
 * Cost for a frame: 64 multiplications up to speed 1, 64 stretch up to 4, 32 stretch beyond, four at once. Memory 0.4 MB, only read once it
 * is made: the same for any number of voices.
 *
 * 0 SincTable[15]
 */
@final
@unmanaged
export class Sinc {
  /** [control] @param space `sincBytes()` bytes, 16-byte aligned */
  init(space: usize): void {
    for (let k: u32 = 0; k < TABLES; k++) {
      const table = this.table(k);
      table.rows = load<u32>(ROWS + (<usize>k << 2));
      table.taps = tapsOf(table.rows);
      table.weights = space;
      space += <usize>((table.rows + 1) * table.taps) << 2;
    }
    const narrow = space;
    const wide = narrow + (<usize>(HALF * PHASES) << 2);
    for (let n: u32 = 0; n < HALF * PHASES; n++) store<f32>(narrow + (<usize>n << 2), <f32>kernel(n, HALF, 1.0));
    for (let n: u32 = 0; n < WIDE_HALF * PHASES; n++) store<f32>(wide + (<usize>n << 2), <f32>kernel(n, WIDE_HALF, WIDE_CUTOFF));
    for (let k: u32 = 0; k < TABLES; k++) {
      const table = this.table(k);
      fill(table, table.rows < NARROW_ROWS ? wide : narrow, halfOf(table.rows) * PHASES);
    }
  }

  /** The table for a speed in steps of 2^-32 frames a frame, up to 16: the first that is stretched enough. [render] */
  tableFor(speed: u64): SincTable {
    let k: u32 = 0;
    while (k + 1 < TABLES && speed * <u64>this.table(k).rows > SINC_UNITY * PHASES) k++;
    return this.table(k);
  }

  @inline private table(k: u32): SincTable {
    return changetype<SincTable>(changetype<usize>(this) + <usize>k * TABLE_BYTES);
  }
}

/** Bytes of one Sinc without its tables. */
export const SINC_BYTES: usize = 192;
/** Most frames that a table reaches to each side. */
export const SINC_REACH: u32 = 128;

/** What `init` wants. [any] */
export function sincBytes(): usize {
  let bytes = <usize>((HALF + WIDE_HALF) * PHASES) << 2; // values of the kernels
  for (let k: u32 = 0; k < TABLES; k++) {
    const rows = load<u32>(ROWS + (<usize>k << 2));
    bytes += <usize>((rows + 1) * tapsOf(rows)) << 2;
  }
  return bytes;
}

/**
 * `frames` frames of one channel. [render]
 *
 * @param source address of frame 0; the frame at or before each position is read, `before` before it and one more behind it
 * @param position of the first frame, in steps of 2^-32
 * @param speed from the first frame to the second, in the same steps; with each frame it grows by `change`
 */
export function sinc(table: SincTable, source: usize, position: u64, speed: u64, change: i64, output: usize, frames: u32): void {
  if (speed == SINC_UNITY && change == 0 && <u32>position == 0) {
    memory.copy(output, source + (<usize>(position >> 32) << 2), <usize>frames << 2);
    return;
  }
  const rows = <u64>table.rows;
  const bytes = <usize>table.taps << 2;
  const weights = table.weights;
  const from = source - (<usize>table.before << 2);
  for (const end = output + (<usize>frames << 2); output < end; output += 4) {
    const phase = (position & 0xffffffff) * rows;
    const share = <f32>(<u32>phase) * <f32>(1.0 / 4294967296.0);
    const at = from + (<usize>(position >> 32) << 2);
    store<f32>(output, weighted(weights + <usize>(phase >> 32) * bytes, at, bytes, share));
    position += speed;
    speed += change;
  }
}

/** The sum over the frames at `at` by a row, and by the next, and what lies between them. */
@inline function weighted(row: usize, at: usize, bytes: usize, share: f32): f32 {
  const end = row + bytes;
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  for (const whole = row + (bytes & ~63); row < whole; row += 64) {
    const x0 = v128.load(at);
    const x1 = v128.load(at, 16);
    const x2 = v128.load(at, 32);
    const x3 = v128.load(at, 48);
    const next = row + bytes;
    a0 = f32x4.add(a0, f32x4.mul(v128.load(row), x0));
    b0 = f32x4.add(b0, f32x4.mul(v128.load(next), x0));
    a1 = f32x4.add(a1, f32x4.mul(v128.load(row, 16), x1));
    b1 = f32x4.add(b1, f32x4.mul(v128.load(next, 16), x1));
    a0 = f32x4.add(a0, f32x4.mul(v128.load(row, 32), x2));
    b0 = f32x4.add(b0, f32x4.mul(v128.load(next, 32), x2));
    a1 = f32x4.add(a1, f32x4.mul(v128.load(row, 48), x3));
    b1 = f32x4.add(b1, f32x4.mul(v128.load(next, 48), x3));
    at += 64;
  }
  if (row < end) {
    const x0 = v128.load(at);
    const x1 = v128.load(at, 16);
    const next = row + bytes;
    a0 = f32x4.add(a0, f32x4.mul(v128.load(row), x0));
    b0 = f32x4.add(b0, f32x4.mul(v128.load(next), x0));
    a1 = f32x4.add(a1, f32x4.mul(v128.load(row, 16), x1));
    b1 = f32x4.add(b1, f32x4.mul(v128.load(next, 16), x1));
  }
  const a = f32x4.add(a0, a1);
  const sum = f32x4.add(a, f32x4.mul(f32x4.splat(share), f32x4.sub(f32x4.add(b0, b1), a)));
  const halves = f32x4.add(sum, v128.shuffle<i64>(sum, sum, 1, 0));
  return f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
}

@inline function halfOf(rows: u32): u32 {
  return rows < NARROW_ROWS ? WIDE_HALF : HALF;
}

/** Both halves stretched, rounded up to a multiple of 8. */
@inline function tapsOf(rows: u32): u32 {
  return ((2 * halfOf(rows) * PHASES + rows - 1) / rows + 7) & ~7;
}

/** The kernel `distance` values from its middle; exactly 0 on whole frames, so that there the sound is left as it is. */
function kernel(distance: u32, half: u32, cutoff: f64): f64 {
  const place = <f64>distance / <f64>(half * PHASES);
  const window = bessel(BETA * Math.sqrt(1.0 - place * place));
  if (distance == 0) return window;
  if (cutoff == 1.0 && distance % PHASES == 0) return 0.0;
  const x = (cutoff * Math.PI * <f64>distance) / <f64>PHASES;
  return (Math.sin(x) / x) * window;
}

/** The rows of a table from `count` values of a kernel. Each row adds up to 1: what stands still comes through as it is. */
function fill(table: SincTable, values: usize, count: u32): void {
  const rows = <i32>table.rows;
  for (let row = 0; row <= rows; row++) {
    const weights = table.weights + (<usize>(<u32>row * table.taps) << 2);
    let sum: f64 = 0;
    for (let tap: u32 = 0; tap < table.taps; tap++) {
      const distance = <u32>abs<i32>((<i32>tap - <i32>table.before) * rows - row);
      const value: f32 = distance < count ? load<f32>(values + (<usize>distance << 2)) : 0;
      store<f32>(weights + (<usize>tap << 2), value);
      sum += <f64>value;
    }
    for (let tap: u32 = 0; tap < table.taps; tap++) {
      const at = weights + (<usize>tap << 2);
      store<f32>(at, <f32>(<f64>load<f32>(at) / sum));
    }
  }
}
