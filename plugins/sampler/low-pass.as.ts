import { clean } from '../../dsp/clean.as';

/** Added and taken away again, it rounds a state to 540 dB below full scale: nothing becomes denormal. */
const GRAIN: f64 = 3e-12;

/**
 * A low-pass of 12 dB per octave for a voice: two channels side by side, with a straight way of the coefficients in a stride. [render]
 *
 * Source: A. Simper (Cytomic), "Linear Trapezoidal Integrated SVF", 2013: see svf.as.ts. Gain at the cutoff is q. Latency 0 frames.
 * States and sums are f64: a frame at a time, the same however blocks are cut.
 *
 *  0 band f64[2] · 16 low f64[2] · 32 a1 f64 · 40 a2 · 48 a3 · 56 a1Step f64 · 64 a2Step · 72 a3Step
 */
@final
@unmanaged
export class LowPass {
  bandLeft: f64;
  bandRight: f64;
  lowLeft: f64;
  lowRight: f64;
  a1: f64;
  a2: f64;
  a3: f64;
  a1Step: f64;
  a2Step: f64;
  a3Step: f64;

  reset(): void {
    memory.fill(changetype<usize>(this), 0, 32);
  }

  /** Goes to a cutoff (cycles per frame, below 0.5) within `frames`; 0 is at once. */
  aim(cutoff: f64, q: f64, frames: u32): void {
    const g = Math.tan(Math.PI * cutoff);
    const a1 = 1.0 / (1.0 + g * (g + 1.0 / q));
    const perFrame = frames ? 1.0 / <f64>frames : 0.0;
    this.a1Step = (a1 - this.a1) * perFrame;
    this.a2Step = (g * a1 - this.a2) * perFrame;
    this.a3Step = (g * g * a1 - this.a3) * perFrame;
    this.a1 = a1;
    this.a2 = g * a1;
    this.a3 = g * g * a1;
  }

  /** Filters the frames of two rows of f32, which may be one, in place; the first is `left` frames before the stride ends. */
  process(leftRow: usize, rightRow: usize, frames: u32, left: f64): void {
    const two = f64x2.splat(2);
    const grain = f64x2.splat(GRAIN);
    let band = v128.load(changetype<usize>(this), offsetof<LowPass>("bandLeft"));
    let low = v128.load(changetype<usize>(this), offsetof<LowPass>("lowLeft"));
    for (let offset: usize = 0; offset < <usize>frames << 2; offset += 4) {
      const a1 = f64x2.splat(this.a1 - this.a1Step * left);
      const a2 = f64x2.splat(this.a2 - this.a2Step * left);
      const a3 = f64x2.splat(this.a3 - this.a3Step * left);
      const x = f64x2(<f64>clean<f32>(load<f32>(leftRow + offset)), <f64>clean<f32>(load<f32>(rightRow + offset)));
      const rest = f64x2.sub(x, low);
      const v1 = f64x2.add(f64x2.mul(a1, band), f64x2.mul(a2, rest));
      const v2 = f64x2.add(low, f64x2.add(f64x2.mul(a2, band), f64x2.mul(a3, rest)));
      band = f64x2.sub(f64x2.mul(two, v1), band);
      low = f64x2.sub(f64x2.mul(two, v2), low);
      band = f64x2.sub(f64x2.add(band, grain), grain);
      low = f64x2.sub(f64x2.add(low, grain), grain);
      store<f32>(leftRow + offset, <f32>f64x2.extract_lane(v2, 0));
      store<f32>(rightRow + offset, <f32>f64x2.extract_lane(v2, 1));
      left -= 1;
    }
    v128.store(changetype<usize>(this), band, offsetof<LowPass>("bandLeft"));
    v128.store(changetype<usize>(this), low, offsetof<LowPass>("lowLeft"));
  }
}

/** Bytes of one LowPass. */
export const LOW_PASS_BYTES: usize = 80;
