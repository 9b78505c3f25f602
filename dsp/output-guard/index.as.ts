/**
 * What stands between a task and everything that becomes sound outside of the engine: a module of its own, in a memory that
 * no plugin reaches. It adds no latency, and what is finite and below the ceiling leaves as it came, bit for bit.
 */
import { scrubbed } from './scrubbed.as';
import { bound, largest, multiply } from './samples.as';

/** The gain that is left out of this is taken for 1 (-120 dB below it): then every bit stays again. */
const AT_REST: f64 = 1e-6;
/** From here on (+120 dBFS) a sample is no sound; it is brought down to this first, so that no sum overflows. */
const HUGE: f32 = 1e6;
/** Frames of the past before the frames of each channel. */
export const pastFrames: u32 = 12;

/**
 * One output: channels that share one gain. Addresses are multiples of 16.
 *
 *  0 channels u32 · 4 maxFrames u32, a multiple of 4 · 8 ceiling f32, linear · 12 releaseShare f32: what of a reduction goes in
 *    one frame · 16 holdFrames u32: how long a reduction stands before it goes
 * 20 limitedBlocks u32 · 24 nonFinite u32, samples · both only grow
 * 32 reduction f64: 1 - gain · 40 hold u32, frames left · 44 isBusy u32: not as it was made · 48 to 63 unused
 * 64 row f32[maxFrames], gains · then for each channel its past and frames, f32[pastFrames + maxFrames]
 */
@final
@unmanaged
export class OutputGuard {
  channels: u32;
  maxFrames: u32;
  ceiling: f32;
  releaseShare: f32;
  holdFrames: u32;
  limitedBlocks: u32;
  nonFinite: u32;
  unused28: u32;
  reduction: f64;
  hold: u32;
  isBusy: u32;

  @inline get row(): usize {
    return changetype<usize>(this) + 64;
  }

  /** The first frame of a channel. */
  @inline channel(c: u32): usize {
    const frames = <usize>this.maxFrames << 2;
    return this.row + frames + <usize>c * (frames + (<usize>pastFrames << 2)) + (<usize>pastFrames << 2);
  }
}

/** The first address that the module's own numbers leave free. */
export function firstFree(): usize {
  return (__heap_base + 15) & ~15;
}

/** One block, in place; frames: 1 to maxFrames. [render] */
export function process(guard: OutputGuard, frames: u32): void {
  let most: f32 = 0;
  for (let c: u32 = 0; c < guard.channels; c++) {
    const channel = guard.channel(c);
    guard.nonFinite += scrubbed(channel, frames);
    let peak = largest(channel, frames);
    if (peak > HUGE) {
      bound(channel, HUGE, frames);
      peak = HUGE;
    }
    most = max(most, peak);
  }
  if (most > guard.ceiling || guard.reduction != 0) limit(guard, frames);
  guard.isBusy = u32(guard.reduction != 0);
}

/** All as it was made, but for the counters. [render] */
export function reset(guard: OutputGuard): void {
  guard.reduction = 0;
  guard.hold = 0;
  guard.isBusy = 0;
}

function limit(guard: OutputGuard, frames: u32): void {
  const row = guard.row;
  const ceiling = guard.ceiling;
  const share = <f64>guard.releaseShare;
  const channels = guard.channels;
  let reduction = guard.reduction;
  let hold = guard.hold;
  for (let i: usize = 0; i < <usize>frames << 2; i += 4) {
    let peak: f32 = 0;
    for (let c: u32 = 0; c < channels; c++) peak = max(peak, abs(load<f32>(guard.channel(c) + i)));
    const needed = peak > ceiling ? 1 - <f64>ceiling / <f64>peak : 0;
    if (needed > 0 && needed >= reduction) {
      reduction = needed;
      hold = guard.holdFrames;
    } else if (hold > 0) {
      hold--;
    } else {
      reduction = max(needed, reduction * (1 - share));
      if (reduction < AT_REST) reduction = 0;
    }
    store<f32>(row + i, <f32>(1 - reduction));
  }
  guard.reduction = reduction;
  guard.hold = hold;
  guard.limitedBlocks += 1;
  for (let c: u32 = 0; c < channels; c++) {
    multiply(guard.channel(c), row, frames);
    bound(guard.channel(c), ceiling, frames); // of what rounding leaves above it
  }
}
