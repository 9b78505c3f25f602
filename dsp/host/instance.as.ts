import { ac_status_error, ac_status_sleep, Layout } from '../abi.as';
import { act, fail } from './activity.as';
import { EMPTY, isSilent, QUIET, SOUND } from './flag.as';
import { peakOf, scrub, UNCLEAN } from './guard.as';
import { process, refuel } from './plugin.as';

/**
 * What the host keeps about an instance, 64 bytes. Its outputs are the host's as well: they lie behind each other, each
 * with GUARD before it and behind it, so that writing too far is seen at once and harms nobody.
 *
 *  0 muted u32        1: not called, its outputs are zero; set here on an error, taken back by the host after a reset
 *  4 nonFinite u32    blocks in which something had to be scrubbed
 *  8 peak f32         largest output since the host set it to 0
 * 12 status u32       of the last block
 * 16 isEmpty u32      1: the whole output buffers are zero and nothing wrote since
 * 20 inputs u32       channels of all input ports · 24 outputs u32
 * 28 inputFlags usize   u32[inputs]: addresses of the flags of what is heard
 * 32 outputFlags usize  u32[outputs]: flags of its own outputs
 * 36 mutedBy u32        why: 0 an error status, MUTED_BY_GUARD, or a number that the host gave a trap
 * 40 faults u32         how often it was muted
 * 44 batch usize        its batch, 0 when it is called alone
 * 48 layout usize       the instance itself; the host puts another one here when it starts it again
 * 52 firstOutput usize  · 56 outputStride usize, bytes from one output to the next, guard included · 60 unused
 */
@final
@unmanaged
export class InstanceRecord {
  muted: u32;
  nonFinite: u32;
  peak: f32;
  status: u32;
  isEmpty: u32;
  inputs: u32;
  outputs: u32;
  inputFlags: usize;
  outputFlags: usize;
  mutedBy: u32;
  faults: u32;
  batch: usize;
  layout: usize;
  firstOutput: usize;
  outputStride: usize;
  unused60: u32;
}

/** Two of it stand before the first output and behind each; nothing that a kernel computes looks like it. */
export const GUARD: u64 = 0xacc0_fade_5afe_b10c;
const GUARD_BYTES: usize = 16;
/** As in MUTED_BY of the host: it wrote over a guard. */
const MUTED_BY_GUARD: u32 = 11;
/** Smallest f32 that is not denormal. What is below (-758 dB) is silence: nobody behind is to compute with it. */
const SMALLEST: f32 = 1.1754943508222875e-38;

/** One block of one instance, guarded: it leaves finite samples or zeros in every output. [render] */
export function processInstance(record: InstanceRecord, frames: u32, fuel: i32): void {
  const layout = changetype<Layout>(record.layout);
  if (!prepare(layout, record)) return;
  act();
  refuel(fuel);
  finish(layout, record, frames, process(changetype<usize>(layout), frames));
}

/**
 * Tells an instance which of its inputs are silent. [render]
 *
 * @returns false when it need not be called: it is muted, or asleep with nothing that could wake it
 */
@inline export function prepare(layout: Layout, record: InstanceRecord): bool {
  if (record.muted) {
    layout.eventCount = 0; // they belong to this block, and it is over
    silence(record);
    return false;
  }
  const inputs = record.inputs;
  const flags = record.inputFlags;
  let silent: u32 = 0;
  let isAllSilent = true;
  for (let c: u32 = 0; c < inputs; c++) {
    if (isSilent(load<usize>(flags + (<usize>c << 2)))) silent |= c < 32 ? 1 << c : 0;
    else isAllSilent = false;
  }
  layout.silentIn = silent;
  return !(isAllSilent && record.status == ac_status_sleep && record.isEmpty && !layout.eventCount);
}

/** Takes what an instance left: status, levels, and whether its outputs are fit to be heard. [render] */
export function finish(layout: Layout, record: InstanceRecord, frames: u32, status: u32): void {
  record.status = status;
  if (status == ac_status_error) mute(record, 0);
  const stride = record.outputStride;
  if (record.muted || status == ac_status_sleep) return silence(record);
  record.isEmpty = 0;
  let isUnclean = false;
  let damage: u64 = 0;
  let channel = record.firstOutput;
  for (let c: u32 = 0; c < record.outputs; c++, channel += stride) {
    damage |= load<u64>(channel - 8) ^ GUARD;
    damage |= load<u64>(channel + stride - GUARD_BYTES) ^ GUARD;
    let peak = peakOf(channel, frames);
    if (peak == UNCLEAN) {
      peak = scrub(channel, frames);
      isUnclean = true;
    }
    if (peak > record.peak) record.peak = peak;
    let flag = SOUND;
    if (peak < SMALLEST) {
      flag = QUIET;
      if (peak != 0) memory.fill(channel, 0, <usize>frames << 2);
    }
    store<u32>(record.outputFlags + (<usize>c << 2), flag);
  }
  if (isUnclean) record.nonFinite += 1;
  if (damage != 0) silence(record);
}

/** Has anything been written before the first output of an instance, or behind one? */
function isDamaged(record: InstanceRecord): bool {
  let damage: u64 = 0;
  let channel = record.firstOutput;
  for (let c: u32 = 0; c < record.outputs; c++, channel += record.outputStride) {
    damage |= load<u64>(channel - 8) ^ GUARD;
    damage |= load<u64>(channel + record.outputStride - GUARD_BYTES) ^ GUARD;
  }
  return damage != 0;
}

/** A trap and what was damaged before it are one fault. */
function mute(record: InstanceRecord, by: u32): void {
  if (!record.muted) record.faults += 1;
  fail();
  record.muted = 1;
  record.mutedBy = by;
}

/** So that each damage is found once. */
function mendGuards(record: InstanceRecord): void {
  let guard = record.firstOutput - GUARD_BYTES;
  for (let c: u32 = 0; c <= record.outputs; c++, guard += record.outputStride) {
    store<u64>(guard, GUARD);
    store<u64>(guard, GUARD, 8);
  }
}

/** Makes the outputs zero; mutes an instance that wrote beside them. */
export function silence(record: InstanceRecord): void {
  if (record.isEmpty) return;
  act();
  if (isDamaged(record)) {
    mute(record, MUTED_BY_GUARD);
    mendGuards(record);
  }
  const bytes = record.outputStride - GUARD_BYTES; // all of it: a later block may be longer
  let channel = record.firstOutput;
  for (let c: u32 = 0; c < record.outputs; c++, channel += record.outputStride) {
    memory.fill(channel, 0, bytes);
    store<u32>(record.outputFlags + (<usize>c << 2), EMPTY);
  }
  record.isEmpty = 1;
}
