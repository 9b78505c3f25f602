import { ac_status_error, ac_status_sleep, Layout } from '../abi.as';
import { padded } from './frames.as';
import { peakOf, scrub, UNCLEAN } from './guard.as';
import { process, refuel } from './plugin.as';

/**
 * What the host keeps about an instance, 32 bytes.
 *
 *  0 muted u32       1: not called, its outputs are zero; set here on an error, taken back by the host after a reset
 *  4 nonFinite u32   blocks in which something had to be scrubbed
 *  8 peak f32        largest output since the host set it to 0
 * 12 status u32      of the last block
 * 16 isZeroed u32    1: the whole output buffers are zero and nothing wrote since
 * 20 silentIn u32    the mask with which it fell asleep
 */
@final
@unmanaged
export class InstanceRecord {
  muted: u32;
  nonFinite: u32;
  peak: f32;
  status: u32;
  isZeroed: u32;
  silentIn: u32;
  unused24: u32;
  unused28: u32;
}

/** One block of one instance, guarded: it leaves finite samples or zeros in every output. [render] */
export function processInstance(layout: Layout, record: InstanceRecord, frames: u32, fuel: i32): void {
  if (record.muted) {
    layout.eventCount = 0; // they belong to this block, and it is over
    return silence(layout, record);
  }
  if (isAsleep(layout, record, frames)) return;
  record.isZeroed = 0;
  record.silentIn = layout.silentIn;
  refuel(fuel);
  const status = process(changetype<usize>(layout), frames);
  record.status = status;
  if (status == ac_status_error) {
    record.muted = 1;
    return silence(layout, record);
  }
  if (status == ac_status_sleep) return silence(layout, record);
  guardOutputs(layout, record, frames);
}

/** Only an event, or an input that is no longer zero, wakes an instance. */
@inline function isAsleep(layout: Layout, record: InstanceRecord, frames: u32): bool {
  if (record.status != ac_status_sleep || !record.isZeroed || layout.eventCount || layout.silentIn != record.silentIn) return false;
  const channels = inputChannels(layout);
  for (let c: u32 = 0; c < channels; c++) {
    const isKnownSilent = c < 32 && (layout.silentIn >> c) & 1;
    if (!isKnownSilent && peakOf(load<usize>(layout.inputs + (<usize>c << 2)), frames) != 0) return false;
  }
  return true;
}

function guardOutputs(layout: Layout, record: InstanceRecord, frames: u32): void {
  const channels = outputChannels(layout);
  let isUnclean = false;
  for (let c: u32 = 0; c < channels; c++) {
    const channel = load<usize>(layout.outputs + (<usize>c << 2));
    let peak = peakOf(channel, frames);
    if (peak == UNCLEAN) {
      peak = scrub(channel, frames);
      isUnclean = true;
    }
    if (peak > record.peak) record.peak = peak;
  }
  if (isUnclean) record.nonFinite += 1;
}

function silence(layout: Layout, record: InstanceRecord): void {
  if (record.isZeroed) return;
  const channels = outputChannels(layout);
  const bytes = padded(layout.maxFrames); // all of it: a later block may be longer
  for (let c: u32 = 0; c < channels; c++) memory.fill(load<usize>(layout.outputs + (<usize>c << 2)), 0, bytes);
  record.isZeroed = 1;
}

@inline function inputChannels(layout: Layout): u32 {
  let channels: u32 = 0;
  for (let p: u32 = 0; p < layout.inputPorts; p++) channels += load<u32>(layout.inputWidths + (<usize>p << 2));
  return channels;
}

@inline function outputChannels(layout: Layout): u32 {
  let channels: u32 = 0;
  for (let p: u32 = 0; p < layout.outputPorts; p++) channels += load<u32>(layout.outputWidths + (<usize>p << 2));
  return channels;
}
