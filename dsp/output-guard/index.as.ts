/**
 * What stands between a task and everything that becomes sound outside of the engine: a module of its own, in a memory that
 * no plugin reaches. It adds no latency, and what is finite and below the ceiling leaves as it came, bit for bit
 * (docs/output-guard.md).
 */
import { TRUE_PEAK_GAIN, TRUE_PEAK_PAST, truePeaks } from '../true-peak.as';
import { GuardChannel, HUGE } from './channel.as';
import { bound, larger, largest, multiply } from './samples.as';

/** Below this a reduction is taken for none (0.00001 dB): then every bit stays again. */
const AT_REST: f64 = 1e-6;
/** -60 dBFS: what stays below it is silence, out of which a jump comes. */
const SILENCE: f32 = 0.001;
/** A rise out of silence goes in a straight line over so many frames. */
const RISE_FRAMES: u32 = 512;

/** Frames of the past before the frames of each channel. */
export const pastFrames: u32 = 12;

/**
 * One output: channels that share one gain. Addresses are multiples of 16.
 *
 *  0 channels u32 · 4 maxFrames u32, a multiple of 4 · 8 ceiling f32, linear
 * 12 releaseShare f32: what of a reduction goes in one frame · 16 holdFrames u32: how long a reduction stands before it goes
 * 20 silenceFrames u32: so long nothing is heard before it is silent · 24 windowFrames u32: between two looks at the offset
 * 28 fadeStep f32: how far a channel with an offset fades in one frame
 * 32 limitedBlocks u32 · 36 nonFinite u32, samples · 40 jumps u32 · 44 offsets u32 · all only grow
 * 48 reduction f64: 1 - gain · 56 hold u32, frames left · 60 rise u32, frames left
 * 64 sounding u32: frames until it is silent, 0 when it is · 68 isBusy u32: silence would change it · 72, 76 unused
 * 80 rows: peaks and then gains, sizes, points between frames, f32[maxFrames] each
 * then GuardChannel for each channel, then for each its past and frames, f32[pastFrames + maxFrames]
 */
@final
@unmanaged
export class OutputGuard {
  channels: u32;
  maxFrames: u32;
  ceiling: f32;
  releaseShare: f32;
  holdFrames: u32;
  silenceFrames: u32;
  windowFrames: u32;
  fadeStep: f32;
  limitedBlocks: u32;
  nonFinite: u32;
  jumps: u32;
  offsets: u32;
  reduction: f64;
  hold: u32;
  rise: u32;
  sounding: u32;
  isBusy: u32;

  @inline row(index: u32): usize {
    return changetype<usize>(this) + 80 + (<usize>(index * this.maxFrames) << 2);
  }

  @inline state(c: u32): GuardChannel {
    return changetype<GuardChannel>(this.row(3) + <usize>c * offsetof<GuardChannel>());
  }

  /** The first frame of a channel. */
  @inline channel(c: u32): usize {
    const frames = <usize>(this.maxFrames + pastFrames) << 2;
    return this.row(3) + <usize>this.channels * offsetof<GuardChannel>() + <usize>c * frames + (<usize>pastFrames << 2);
  }
}

/** The first address that the module's own numbers leave free. */
export function firstFree(): usize {
  return (__heap_base + 15) & ~15;
}

/**
 * One block, in place. [render]
 *
 * @param frames 1 to maxFrames
 * @param isBroken an instance failed in this block or is heard again: a step at its first frame is no part of the sound
 */
export function process(guard: OutputGuard, frames: u32, isBroken: bool): void {
  let most: f32 = 0;
  let isBusy = false;
  for (let c: u32 = 0; c < guard.channels; c++) {
    const state = guard.state(c);
    const channel = guard.channel(c);
    guard.nonFinite += state.clean(channel, frames);
    if (isBroken && state.bridgeStep(channel)) guard.jumps += 1;
    guard.offsets += state.takeDown(channel, frames, guard.windowFrames, guard.fadeStep);
    most = max(most, largest(channel, frames));
    if (!state.isAtRest) isBusy = true;
  }
  const between = findPeaks(guard, frames);
  if (guard.reduction != 0 || guard.rise != 0 || max(most, between) > guard.ceiling) limit(guard, frames);
  else {
    listen(guard, frames, most);
    for (let c: u32 = 0; c < guard.channels; c++) keepPast(guard.channel(c), frames);
  }
  guard.isBusy = u32(isBusy || guard.reduction != 0 || guard.rise != 0 || guard.sounding != 0);
}

/** All as it was made, but for the counters. [render] */
export function reset(guard: OutputGuard): void {
  guard.reduction = 0;
  guard.hold = 0;
  guard.rise = 0;
  guard.sounding = 0;
  guard.isBusy = 0;
  for (let c: u32 = 0; c < guard.channels; c++) {
    memory.fill(changetype<usize>(guard.state(c)), 0, offsetof<GuardChannel>());
    memory.fill(guard.channel(c) - (<usize>pastFrames << 2), 0, <usize>pastFrames << 2);
  }
}

/** Peaks between frames, to the first row, where any can be above the ceiling; else zeros. @returns the largest */
function findPeaks(guard: OutputGuard, frames: u32): f32 {
  let found = false;
  const peaks = guard.row(0);
  for (let c: u32 = 0; c < guard.channels; c++) {
    const samples = guard.channel(c) - (<usize>TRUE_PEAK_PAST << 2);
    if (largest(samples, TRUE_PEAK_PAST + frames) * TRUE_PEAK_GAIN <= guard.ceiling) continue;
    truePeaks(samples, found ? guard.row(2) : peaks, (frames + 3) & ~3);
    if (found) larger(peaks, guard.row(2), frames);
    found = true;
  }
  if (found) return largest(peaks, frames);
  memory.fill(peaks, 0, <usize>frames << 2);
  return 0;
}

/** How long ago something was heard, after a block in which nothing was above the ceiling. */
function listen(guard: OutputGuard, frames: u32, most: f32): void {
  if (most < SILENCE) {
    guard.sounding = guard.sounding > frames ? guard.sounding - frames : 0;
    return;
  }
  for (let silent: u32 = 0; silent < frames; silent++) {
    const at = <usize>(frames - 1 - silent) << 2;
    for (let c: u32 = 0; c < guard.channels; c++) {
      if (abs(load<f32>(guard.channel(c) + at)) < SILENCE) continue;
      guard.sounding = guard.silenceFrames > silent ? guard.silenceFrames - silent : 0;
      return;
    }
  }
}

/** The last frames become the past. */
function keepPast(channel: usize, frames: u32): void {
  const past = channel - (<usize>pastFrames << 2);
  memory.copy(past, past + (<usize>frames << 2), <usize>pastFrames << 2);
}

/** Peaks in the first row become gains, and those are put upon the channels. */
function limit(guard: OutputGuard, frames: u32): void {
  const row = guard.row(0);
  const sizes = guard.row(1);
  const channels = guard.channels;
  memory.fill(sizes, 0, <usize>frames << 2);
  for (let c: u32 = 0; c < channels; c++) larger(sizes, guard.channel(c), frames);
  const ceiling = guard.ceiling;
  const share = <f64>guard.releaseShare;
  let reduction = guard.reduction;
  let hold = guard.hold;
  let rise = guard.rise;
  let sounding = guard.sounding;
  for (let i: usize = 0; i < <usize>frames << 2; i += 4) {
    const size = load<f32>(sizes + i);
    if (size >= SILENCE) {
      if (sounding == 0 && size > ceiling) {
        rise = RISE_FRAMES;
        guard.jumps += 1;
      }
      sounding = guard.silenceFrames;
    } else if (sounding > 0) sounding--;
    const peak = max(size, load<f32>(row + i));
    const needed = peak > ceiling ? 1 - <f64>ceiling / <f64>peak : 0;
    if (needed > 0 && needed >= reduction) {
      reduction = needed;
      hold = guard.holdFrames;
    } else if (hold > 0) {
      hold--;
    } else {
      reduction = Math.max(needed, reduction * (1 - share));
      if (reduction < AT_REST) reduction = 0;
    }
    let gain = 1 - reduction;
    if (rise > 0) {
      gain *= 1 - <f64>rise / <f64>RISE_FRAMES;
      rise--;
    }
    store<f32>(row + i, <f32>gain);
  }
  guard.reduction = reduction;
  guard.hold = hold;
  guard.rise = rise;
  guard.sounding = sounding;
  guard.limitedBlocks += 1;
  for (let c: u32 = 0; c < channels; c++) {
    const channel = guard.channel(c);
    keepPast(channel, frames);
    multiply(channel, row, frames);
    bound(channel, ceiling, frames); // of what rounding leaves above it
  }
}
