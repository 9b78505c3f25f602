import { ac_status_error, ac_status_sleep, Layout } from '../abi.as';
import { EMPTY, isSilent, QUIET, SOUND } from './flag.as';
import { padded } from './frames.as';
import { peakOf, scrub, UNCLEAN } from './guard.as';
import { process, refuel } from './plugin.as';

/**
 * What the host keeps about an instance, 48 bytes.
 *
 *  0 muted u32        1: not called, its outputs are zero; set here on an error, taken back by the host after a reset
 *  4 nonFinite u32    blocks in which something had to be scrubbed
 *  8 peak f32         largest output since the host set it to 0
 * 12 status u32       of the last block
 * 16 isEmpty u32      1: the whole output buffers are zero and nothing wrote since
 * 20 inputs u32       channels of all input ports · 24 outputs u32
 * 28 inputFlags usize   u32[inputs]: addresses of the flags of what is heard
 * 32 outputFlags usize  u32[outputs]: flags of its own outputs
 * 36 to 44            the host's own notes
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
  note36: u32;
  note40: u32;
  note44: u32;
}

/** One block of one instance, guarded: it leaves finite samples or zeros in every output. [render] */
export function processInstance(layout: Layout, record: InstanceRecord, frames: u32, fuel: i32): void {
  if (!prepare(layout, record)) return;
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
    silence(layout, record);
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
  if (status == ac_status_error) record.muted = 1;
  if (record.muted || status == ac_status_sleep) return silence(layout, record);
  record.isEmpty = 0;
  let isUnclean = false;
  for (let c: u32 = 0; c < record.outputs; c++) {
    const channel = load<usize>(layout.outputs + (<usize>c << 2));
    let peak = peakOf(channel, frames);
    if (peak == UNCLEAN) {
      peak = scrub(channel, frames);
      isUnclean = true;
    }
    if (peak > record.peak) record.peak = peak;
    store<u32>(record.outputFlags + (<usize>c << 2), peak == 0 ? QUIET : SOUND);
  }
  if (isUnclean) record.nonFinite += 1;
}

export function silence(layout: Layout, record: InstanceRecord): void {
  if (record.isEmpty) return;
  const bytes = padded(layout.maxFrames); // all of it: a later block may be longer
  for (let c: u32 = 0; c < record.outputs; c++) {
    memory.fill(load<usize>(layout.outputs + (<usize>c << 2)), 0, bytes);
    store<u32>(record.outputFlags + (<usize>c << 2), EMPTY);
  }
  record.isEmpty = 1;
}
