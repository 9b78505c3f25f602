import { peakOf, UNCLEAN } from '../host/guard.as';
import { bound, largest, sum } from './samples.as';

/** From here on (+120 dBFS) a sample is no sound; it is brought down to this first, so that no sum overflows. */
export const HUGE: f32 = 1e6;

const EXPONENT: u32 = 0x7f800000; // all of it set: infinite, or not a number
/** A step that is bridged is larger than this, and than so many times the largest step of the frames before it. */
const STEP: f32 = 0.1;
const STEPS_BEFORE: f32 = 2;
const PAST: usize = 11;
const BRIDGE_FRAMES: u32 = 512;
/** The mean takes over this of a window: 63 % of a new offset after 25 windows. */
const MEAN_SHARE: f32 = 0.04;
/** -12 dBFS: a larger mean is an offset, until it is below -26 dBFS. */
const OFFSET: f32 = 0.25;
const NO_OFFSET: f32 = 0.05;

/**
 * What is known of one channel of a guard; all zero at first.
 *
 * 0 sum f64, of the window · 8 filled u32, its frames so far · 12 mean f32 · 16 isOffset u32 · 20 faded f32, 0 heard to 1 silent
 * 24 bridge f32: the step that is bridged · 28 bridgeLeft u32, frames
 */
@final
@unmanaged
export class GuardChannel {
  sum: f64;
  filled: u32;
  mean: f32;
  isOffset: u32;
  faded: f32;
  bridge: f32;
  bridgeLeft: u32;

  get isAtRest(): bool {
    return this.isOffset == 0 && this.faded == 0 && this.bridgeLeft == 0;
  }

  /** What is not finite becomes 0, what is huge becomes HUGE. @returns how many samples were not finite */
  clean(channel: usize, frames: u32): u32 {
    let peak = peakOf(channel, frames);
    let count: u32 = 0;
    if (peak == UNCLEAN) {
      for (let at = channel, end = channel + (<usize>frames << 2); at < end; at += 4) {
        if ((load<u32>(at) & EXPONENT) != EXPONENT) continue;
        store<u32>(at, 0);
        count++;
      }
      peak = largest(channel, frames);
    }
    if (peak > HUGE) bound(channel, HUGE, frames);
    return count;
  }

  /** Begins a bridge over a step between the last frame before the block and its first. @returns whether there is one */
  bridgeStep(channel: usize): bool {
    let before: f32 = 0;
    for (let at = channel - PAST * 4; at < channel - 4; at += 4) before = max(before, abs(load<f32>(at) - load<f32>(at, 4)));
    const step = load<f32>(channel - 4) - load<f32>(channel) * (1 - this.faded);
    if (abs(step) <= max(STEP, STEPS_BEFORE * before)) return false;
    this.bridge = step;
    this.bridgeLeft = BRIDGE_FRAMES;
    return true;
  }

  /** Fades out while there is an offset, and goes over bridges. @returns how often an offset was found */
  takeDown(channel: usize, frames: u32, windowFrames: u32, fadeStep: f32): u32 {
    let found: u32 = 0;
    for (let done: u32 = 0; done < frames; ) {
      const part = min(frames - done, windowFrames - this.filled);
      const at = channel + (<usize>done << 2);
      this.sum += sum(at, part);
      this.filled += part;
      if (!this.isAtRest) this.shape(at, part, fadeStep);
      if (this.filled == windowFrames && this.lookAtMean(windowFrames)) found++;
      done += part;
    }
    return found;
  }

  /** @returns whether an offset begins */
  private lookAtMean(windowFrames: u32): bool {
    const mean = max<f32>(-1, min<f32>(1, <f32>(this.sum / <f64>windowFrames)));
    this.sum = 0;
    this.filled = 0;
    this.mean += MEAN_SHARE * (mean - this.mean);
    const wasOffset = this.isOffset;
    this.isOffset = u32(abs(this.mean) > (wasOffset ? NO_OFFSET : OFFSET));
    return this.isOffset > wasOffset;
  }

  private shape(channel: usize, frames: u32, fadeStep: f32): void {
    const step = this.isOffset ? fadeStep : -fadeStep;
    let faded = this.faded;
    let left = this.bridgeLeft;
    for (let at = channel, end = channel + (<usize>frames << 2); at < end; at += 4) {
      let x = load<f32>(at) * (1 - faded);
      if (left > 0) {
        x += this.bridge * (<f32>left / <f32>BRIDGE_FRAMES);
        left--;
      }
      store<f32>(at, x);
      faded = max<f32>(0, min<f32>(1, faded + step));
    }
    this.faded = faded;
    this.bridgeLeft = left;
  }
}
