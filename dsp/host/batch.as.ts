import { Layout } from '../abi.as';
import { act } from './activity.as';
import { isSilent } from './flag.as';
import { finish, InstanceRecord, prepare } from './instance.as';
import { process, processMany, refuel } from './plugin.as';

/**
 * Instances of one model that hear nothing of each other, rendered by one call.
 *
 * 0 records usize: usize[count] · 4 count u32 · 8 called u32, of this block
 * 12 isIdle u32, 1: all are asleep or muted; the host sets it to 0 when it gives one of them an event, or resets it
 * 16 inputs usize[inputCount]: the flags of what any of them hears, each once · 20 inputCount u32 · 24, 28 unused
 * 32 layouts usize[count] of those called · then records usize[count]
 */
@final
@unmanaged
export class Batch {
  records: usize;
  count: u32;
  called: u32;
  isIdle: u32;
  inputs: usize;
  inputCount: u32;
  unused24: u32;
  unused28: u32;

  @inline layout(index: u32): Layout {
    return changetype<Layout>(load<usize>(this.layouts + (<usize>index << 2)));
  }

  @inline record(index: u32): InstanceRecord {
    return changetype<InstanceRecord>(load<usize>(this.layouts + (<usize>(this.count + index) << 2)));
  }

  @inline call(layout: usize, record: usize): void {
    const at = this.layouts + (<usize>this.called << 2);
    store<usize>(at, layout);
    store<usize>(at + (<usize>this.count << 2), record);
    this.called += 1;
  }

  @inline get layouts(): usize {
    return changetype<usize>(this) + 32;
  }
}

/** In a layout's status while its instance is in a call of `processMany` and has not been finished. */
const PENDING: u32 = 0xffffffff;

/**
 * One block of a batch. [render]
 *
 * @param fuel for one instance · @param more for each further one: less, since a batch of them must not take as long as
 * so many endless loops · @param at as in resumeBatch, where it goes on with what the plugin left undone
 */
export function processBatch(batch: Batch, frames: u32, fuel: i32, more: i32, at: usize): void {
  batch.called = 0;
  if (batch.isIdle && hearsNothing(batch)) return;
  act();
  batch.isIdle = 0;
  const end = batch.records + (<usize>batch.count << 2);
  for (let entry = batch.records; entry < end; entry += 4) {
    const record = load<usize>(entry);
    const layout = changetype<InstanceRecord>(record).layout;
    if (!prepare(changetype<Layout>(layout), changetype<InstanceRecord>(record))) continue;
    changetype<Layout>(layout).status = PENDING;
    batch.call(layout, record);
  }
  const called = batch.called;
  if (called == 0) {
    batch.isIdle = 1;
    return;
  }
  if (called == 1) {
    refuel(fuel);
    batch.layout(0).status = process(changetype<usize>(batch.layout(0)), frames);
  } else {
    refuel(fuel + more * <i32>(called - 1));
    processMany(batch.layouts, called, frames);
  }
  resumeBatch(batch, frames, fuel, at);
}

function hearsNothing(batch: Batch): bool {
  const end = batch.inputs + (<usize>batch.inputCount << 2);
  for (let at = batch.inputs; at < end; at += 4) if (!isSilent(load<usize>(at))) return false;
  return true;
}

/**
 * Goes on with a batch in which something trapped: those that are not finished are called one by one, so that who traps
 * alone is at fault. [render]
 *
 * @param at address of an u32 that names the one in progress. The host mutes it after a trap, and comes here again.
 */
export function resumeBatch(batch: Batch, frames: u32, fuel: i32, at: usize): void {
  for (let i: u32 = 0; i < batch.called; i++) {
    const layout = batch.layout(i);
    if (layout.status != PENDING || batch.record(i).muted) continue;
    store<u32>(at, i);
    refuel(fuel);
    layout.status = process(changetype<usize>(layout), frames);
  }
  finishBatch(batch, frames);
}

function finishBatch(batch: Batch, frames: u32): void {
  for (let i: u32 = 0; i < batch.called; i++) finish(batch.layout(i), batch.record(i), frames, batch.layout(i).status);
}
