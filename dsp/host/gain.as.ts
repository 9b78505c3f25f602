import { add, copy, padded, zero } from './frames.as';

/**
 * A gain and its way to the next: a straight line over `remaining` frames.
 *
 * 0 current f32 · 4 target f32 · 8 step f32 = (target - current) / remaining · 12 remaining u32
 *
 * The gain of a frame is `target - step * remaining`, never a running sum: it is the same however blocks are cut.
 */
@final
@unmanaged
export class GainRecord {
  current: f32;
  target: f32;
  step: f32;
  remaining: u32;
}

/** to (+)= from * gain. `to` may be `from` when storing. [render] */
@inline export function applyGain(to: usize, from: usize, gain: GainRecord, frames: u32, isMix: bool): void {
  if (gain.remaining) {
    ramp(to, from, gain, frames, isMix);
    const left = gain.remaining > frames ? gain.remaining - frames : 0;
    gain.remaining = left;
    gain.current = gain.target - gain.step * <f32>left;
    return;
  }
  const value = gain.target;
  gain.current = value;
  if (value == 1) {
    if (isMix) add(to, from, frames);
    else if (to != from) copy(to, from, frames);
  } else if (value == 0) {
    if (!isMix) zero(to, frames);
  } else {
    const gains = f32x4.splat(value);
    const end = padded(frames);
    for (let i: usize = 0; i < end; i += 16) {
      let y = f32x4.mul(v128.load(from + i), gains);
      if (isMix) y = f32x4.add(v128.load(to + i), y);
      v128.store(to + i, y);
    }
  }
}

@inline function ramp(to: usize, from: usize, gain: GainRecord, frames: u32, isMix: bool): void {
  const end = padded(frames);
  const target = f32x4.splat(gain.target);
  const step = f32x4.splat(gain.step);
  const none = f32x4.splat(0);
  const four = f32x4.splat(4);
  let left = f32x4.sub(f32x4.splat(<f32>gain.remaining), f32x4(0, 1, 2, 3)); // whole numbers below 2^24: exact
  for (let i: usize = 0; i < end; i += 16) {
    let y = f32x4.mul(v128.load(from + i), f32x4.sub(target, f32x4.mul(step, f32x4.max(left, none))));
    if (isMix) y = f32x4.add(v128.load(to + i), y);
    v128.store(to + i, y);
    left = f32x4.sub(left, four);
  }
}
