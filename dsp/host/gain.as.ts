import { act } from './activity.as';
import { empty, isSilent, SOUND } from './flag.as';
import { add, copy, padded } from './frames.as';

/**
 * A gain and its way to the next: it waits where it is, then goes in a straight line over `length` frames.
 *
 * 0 current f32 · 4 target f32 · 8 step f32 = (target - where it began) / length · 12 remaining u32: frames until it is
 * there, with the wait · 16 length u32 · 20 to 28 unused
 *
 * The gain of a frame is `target - step * min(remaining, length)`, never a running sum: it is the same however blocks are cut.
 */
@final
@unmanaged
export class GainRecord {
  current: f32;
  target: f32;
  step: f32;
  remaining: u32;
  length: u32;
}

/** Whether the gain is not the same in all of the next `frames` frames. */
@inline function moves(gain: GainRecord, frames: u32): bool {
  return gain.remaining != 0 && gain.remaining < gain.length + frames;
}

/** The gain of a block in which it does not move. */
@inline function level(gain: GainRecord): f32 {
  return gain.remaining ? gain.target - gain.step * <f32>gain.length : gain.target;
}

/** to += from * gain. [render] */
export function mix(to: usize, from: usize, gain: GainRecord, toFlag: usize, fromFlag: usize, frames: u32): void {
  if (isSilent(fromFlag)) return pass(gain, frames);
  act();
  if (moves(gain, frames)) ramp(to, from, gain, frames, true);
  else {
    const still = level(gain);
    if (still == 0) return pass(gain, frames);
    if (still == 1) add(to, from, frames);
    else scale(to, from, still, frames, true);
  }
  store<u32>(toFlag, SOUND);
  pass(gain, frames);
}

/** to = from * gain; `to` may be `from`. `bytes`: of the whole buffer. [render] */
export function copyGain(to: usize, from: usize, gain: GainRecord, toFlag: usize, fromFlag: usize, frames: u32, bytes: u32): void {
  const isMoving = moves(gain, frames);
  const still = level(gain);
  if (isSilent(fromFlag) || (!isMoving && still == 0)) {
    empty(to, toFlag, bytes);
    return pass(gain, frames);
  }
  act();
  if (isMoving) ramp(to, from, gain, frames, false);
  else if (still == 1) {
    if (to != from) copy(to, from, frames);
  } else scale(to, from, still, frames, false);
  store<u32>(toFlag, SOUND);
  pass(gain, frames);
}

/** A gain goes on by `frames` frames. */
@inline function pass(gain: GainRecord, frames: u32): void {
  const remaining = gain.remaining;
  if (!remaining) return;
  act();
  const left = remaining > frames ? remaining - frames : 0;
  gain.remaining = left;
  gain.current = gain.target - (left ? gain.step * <f32>min(left, gain.length) : 0);
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
  const whole = f32x4.splat(<f32>gain.length);
  const four = f32x4.splat(4);
  let left = f32x4.sub(f32x4.splat(<f32>gain.remaining), f32x4(0, 1, 2, 3)); // whole numbers below 2^24: exact
  for (let i: usize = 0; i < end; i += 16) {
    const way = f32x4.min(f32x4.max(left, none), whole);
    let y = f32x4.mul(v128.load(from + i), f32x4.sub(target, f32x4.mul(step, way)));
    if (isMix) y = f32x4.add(v128.load(to + i), y);
    v128.store(to + i, y);
    left = f32x4.sub(left, four);
  }
}
