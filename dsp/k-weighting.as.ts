import { Lanes, STATES } from './lanes.as';

/** Bytes of the state of one channel: two states of the shelf, two of the high-pass, f64. */
export const K_WEIGHTING_STATE_BYTES: usize = 32;

const HIGH_PASS_HZ: f64 = 38.13547087602444;
const HIGH_PASS_Q: f64 = 0.5003270373238773;
const PRINTED_RATE: f64 = 48000;

/**
 * The K weighting of ITU-R BS.1770-4 at any sample rate: a high shelf of 4 dB, then a high-pass at 38 Hz.
 *
 * The recommendation prints coefficients for 48 kHz only. The analog prototypes under them are those found by S. De Man,
 * "Evaluation of implementations of the EBU R128 loudness measurement", AES 145, 2018; at 48 kHz they give the printed
 * coefficients to the last digit. There the printed zeros (1, -2, 1) raise everything by 0.043 dB; at other rates the same
 * zeros would raise it by another amount (0.26 dB at 8 kHz), so the shelf makes up for the difference: one curve at all rates.
 * Cost of a frame: 8 multiplications and 10 additions in f64; in lanes two channels at a time.
 *
 * 0 b0 · 8 b1 · 16 b2 · 24 a1 · 32 a2 of the shelf · 40 c1 · 48 c2 of the high-pass, whose zeros are (1, -2, 1)
 */
@final
@unmanaged
export class KWeighting {
  b0: f64;
  b1: f64;
  b2: f64;
  a1: f64;
  a2: f64;
  c1: f64;
  c2: f64;

  init(sampleRate: f64): void {
    const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
    const q = 0.7071752369554196;
    const high = Math.pow(10.0, 3.999843853973347 / 20.0);
    const band = Math.pow(high, 0.4996667741545416);
    const scale = 1.0 / (1.0 + k / q + k * k);
    this.b0 = (high + (band * k) / q + k * k) * scale;
    this.b1 = 2.0 * (k * k - high) * scale;
    this.b2 = (high - (band * k) / q + k * k) * scale;
    this.a1 = 2.0 * (k * k - 1.0) * scale;
    this.a2 = (1.0 - k / q + k * k) * scale;
    const l = Math.tan((Math.PI * HIGH_PASS_HZ) / sampleRate);
    const lowScale = 1.0 / highPassTop(l);
    this.c1 = 2.0 * (l * l - 1.0) * lowScale;
    this.c2 = (1.0 - l / HIGH_PASS_Q + l * l) * lowScale;
    const same = highPassTop(Math.tan((Math.PI * HIGH_PASS_HZ) / PRINTED_RATE)) * lowScale; // 1 at 48 kHz
    this.b0 *= same;
    this.b1 *= same;
    this.b2 *= same;
  }

  /** Sum of the squares of `frames` weighted frames of one channel. [render] */
  sumOfSquares(input: usize, frames: u32, state: usize): f64 {
    let s1 = load<f64>(state);
    let s2 = load<f64>(state, 8);
    let h1 = load<f64>(state, 16);
    let h2 = load<f64>(state, 24);
    const b0 = this.b0;
    const b1 = this.b1;
    const b2 = this.b2;
    const a1 = this.a1;
    const a2 = this.a2;
    const c1 = this.c1;
    const c2 = this.c2;
    let sum: f64 = 0;
    const end = input + (<usize>frames << 2);
    for (let at = input; at < end; at += 4) {
      const x = <f64>load<f32>(at);
      const shelved = b0 * x + s1;
      s1 = b1 * x - a1 * shelved + s2;
      s2 = b2 * x - a2 * shelved;
      const y = shelved + h1;
      h1 = h2 - (shelved + shelved) - c1 * y;
      h2 = shelved - c2 * y;
      sum += y * y;
    }
    store<f64>(state, s1);
    store<f64>(state, s2, 8);
    store<f64>(state, h1, 16);
    store<f64>(state, h2, 24);
    return sum;
  }

  /**
   * The same for four lanes, two to a vector: `data` are their frames as lanes.read left them, STATES of the lanes their
   * states; the sums are f64[4] at `sums`. Bit for bit what one channel gives. [render]
   */
  sumsOfSquares(lanes: Lanes, data: usize, frames: u32, sums: usize): void {
    this.sumPair(lanes.at(STATES, 0), lanes.at(STATES, 1), data, frames, sums);
    if (lanes.count > 2) this.sumPair(lanes.at(STATES, 2), lanes.at(STATES, 3), data + 8, frames, sums + 16);
  }

  private sumPair(a: usize, b: usize, data: usize, frames: u32, sums: usize): void {
    let s1 = f64x2(load<f64>(a), load<f64>(b));
    let s2 = f64x2(load<f64>(a, 8), load<f64>(b, 8));
    let h1 = f64x2(load<f64>(a, 16), load<f64>(b, 16));
    let h2 = f64x2(load<f64>(a, 24), load<f64>(b, 24));
    const b0 = f64x2.splat(this.b0);
    const b1 = f64x2.splat(this.b1);
    const b2 = f64x2.splat(this.b2);
    const a1 = f64x2.splat(this.a1);
    const a2 = f64x2.splat(this.a2);
    const c1 = f64x2.splat(this.c1);
    const c2 = f64x2.splat(this.c2);
    let sum = f64x2.splat(0);
    for (const end = data + (<usize>frames << 4); data < end; data += 16) {
      const x = f64x2.promote_low_f32x4(v128.load64_zero(data));
      const shelved = f64x2.add(f64x2.mul(b0, x), s1);
      s1 = f64x2.add(f64x2.sub(f64x2.mul(b1, x), f64x2.mul(a1, shelved)), s2);
      s2 = f64x2.sub(f64x2.mul(b2, x), f64x2.mul(a2, shelved));
      const y = f64x2.add(shelved, h1);
      h1 = f64x2.sub(f64x2.sub(h2, f64x2.add(shelved, shelved)), f64x2.mul(c1, y));
      h2 = f64x2.sub(shelved, f64x2.mul(c2, y));
      sum = f64x2.add(sum, f64x2.mul(y, y));
    }
    storeBoth(a, b, 0, s1);
    storeBoth(a, b, 8, s2);
    storeBoth(a, b, 16, h1);
    storeBoth(a, b, 24, h2);
    v128.store(sums, sum);
  }
}

@inline function storeBoth(a: usize, b: usize, offset: usize, value: v128): void {
  store<f64>(a + offset, f64x2.extract_lane(value, 0));
  store<f64>(b + offset, f64x2.extract_lane(value, 1));
}

/** What zeros (1, -2, 1) over the poles of the high-pass pass at Nyquist, l = tan(pi cutoff). */
@inline function highPassTop(l: f64): f64 {
  return 1.0 + l / HIGH_PASS_Q + l * l;
}
