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
      h1 = h2 - 2.0 * shelved - c1 * y;
      h2 = shelved - c2 * y;
      sum += y * y;
    }
    store<f64>(state, s1);
    store<f64>(state, s2, 8);
    store<f64>(state, h1, 16);
    store<f64>(state, h2, 24);
    return sum;
  }
}

/** What zeros (1, -2, 1) over the poles of the high-pass pass at Nyquist, l = tan(pi cutoff). */
@inline function highPassTop(l: f64): f64 {
  return 1.0 + l / HIGH_PASS_Q + l * l;
}
