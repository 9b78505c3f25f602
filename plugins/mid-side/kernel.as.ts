import { Instance } from '../../dsp/instance.as';
import { Amplitude, Jump } from '../../dsp/parameter.as';
import { TWO_BY_TWO_BYTES, TwoByTwo } from '../../dsp/two-by-two.as';

const MODE: u32 = 0;
const MID: u32 = 1;
const SIDE: u32 = 2;

const PROCESS: u32 = 0;
const ENCODE: u32 = 1;

const GLIDE_SECONDS: f32 = 0.02;
const FADE_STRIDES: u32 = 60; // to another mode: 20 ms at 48,000 Hz

/**
 * Mid and side of two channels, mid = (left + right) / 2 and side = (left - right) / 2, each with a gain: back to left and right
 * (process), as they are (encode), or from them (decode: left = mid + side, right = mid - side).
 *
 * Each mode is a matrix of 2 by 2: no lanes, since four frames at a time cost no more.
 */
@final
@unmanaged
export class MidSide extends Instance {
  matrix: usize; // TwoByTwo
  mode: u32;
  fadeStrides: u32;

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 2, 0, Jump);
    this.parameter(-120, 24, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(-120, 24, 0, Amplitude, GLIDE_SECONDS);
  }

  activate(): void {
    this.matrix = this.allocate(TWO_BY_TWO_BYTES);
  }

  update(frames: u32): void {
    const mode = this.of(MODE).choice;
    if (frames == 0) this.fadeStrides = 0;
    else if (mode != this.mode) this.fadeStrides = FADE_STRIDES;
    this.mode = mode;
    let share = 1.0;
    if (this.fadeStrides) {
      share = 1.0 / <f64>this.fadeStrides;
      this.fadeStrides -= 1;
      this.keepMoving();
    }
    const mid = this.of(MID).now;
    const side = this.of(SIDE).now;
    const matrix = changetype<TwoByTwo>(this.matrix);
    if (mode == PROCESS) {
      const own = (mid + side) * 0.5;
      const other = (mid - side) * 0.5;
      matrix.aim(own, other, other, own, share, frames);
    } else if (mode == ENCODE) {
      matrix.aim(mid * 0.5, mid * 0.5, side * 0.5, side * -0.5, share, frames);
    } else {
      matrix.aim(mid, side, mid, -side, share, frames);
    }
  }

  render(from: u32, to: u32): void {
    const at = <usize>from << 2;
    changetype<TwoByTwo>(this.matrix).process(
      this.in(0) + at,
      this.in(1) + at,
      this.out(0) + at,
      this.out(1) + at,
      to - from,
      this.strideLeft,
    );
  }
}
