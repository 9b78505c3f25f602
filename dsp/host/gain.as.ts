import { empty, isSilent, SOUND } from './flag.as';
import { add, copy, padded } from './frames.as';

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

/** to += from * gain. [render] */
export function mix(to: usize, from: usize, gain: GainRecord, toFlag: usize, fromFlag: usize, frames: u32): void {
  if (isSilent(fromFlag)) return pass(gain, frames);
  if (gain.remaining) ramp(to, from, gain, frames, true);
  else if (gain.target == 1) add(to, from, frames);
  else if (gain.target != 0) scale(to, from, gain.target, frames, true);
  else return pass(gain, frames);
  store<u32>(toFlag, SOUND);
  pass(gain, frames);
}

/** to = from * gain; `to` may be `from`. `bytes`: of the whole buffer. [render] */
export function copyGain(to: usize, from: usize, gain: GainRecord, toFlag: usize, fromFlag: usize, frames: u32, bytes: u32): void {
  if (isSilent(fromFlag) || (!gain.remaining && gain.target == 0)) {
    empty(to, toFlag, bytes);
    return pass(gain, frames);
  }
  if (gain.remaining) ramp(to, from, gain, frames, false);
  else if (gain.target == 1) {
    if (to != from) copy(to, from, frames);
  } else scale(to, from, gain.target, frames, false);
  store<u32>(toFlag, SOUND);
  pass(gain, frames);
}

/** A gain goes on by `frames` frames. */
@inline function pass(gain: GainRecord, frames: u32): void {
  const left = gain.remaining > frames ? gain.remaining - frames : 0;
  gain.remaining = left;
  gain.current = gain.target - (left ? gain.step * <f32>left : 0);
}

@inline function scale(to: usize, from: usize, gain: f32, frames: u32, isMix: bool): void {
  const gains = f32x4.splat(gain);
  const end = padded(frames);
  for (let i: usize = 0; i < end; i += 16) {
    let y = f32x4.mul(v128.load(from + i), gains);
    if (isMix) y = f32x4.add(v128.load(to + i), y);
    v128.store(to + i, y);
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
