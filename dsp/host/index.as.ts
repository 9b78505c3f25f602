/**
 * The engine's block runner: runs a plan, which is a list of records, inside the memory of a plugin. It is no plugin: no
 * heap, no data, no start function, an imported shared memory, and the render twin's functions as imports.
 */
import { act } from './activity.as';
import { Batch, processBatch, resumeBatch } from './batch.as';
import { delay, DelayRecord } from './delay.as';
import { empty, isSilent, SOUND } from './flag.as';
import { copy } from './frames.as';
import { copyGain, GainRecord, mix } from './gain.as';
import { GUARD, InstanceRecord, processInstance } from './instance.as';
import { meter, MeterRecord } from './meter.as';

export { active, failed } from './activity.as';
export { hasEvents, popEvent, pushMidi, pushParameter, replace } from './command.as';

export const op_nop: i32 = 0;
export const op_process: i32 = 1; // b InstanceRecord
export const op_zero: i32 = 2; // to
export const op_copy: i32 = 3; // to = from
export const op_mix: i32 = 4; // to += from * gain; c GainRecord
export const op_copy_gain: i32 = 5; // to = from * gain; c GainRecord
export const op_delay: i32 = 6; // to[n] = from[n - delay]; c DelayRecord
export const op_meter: i32 = 7; // from; c MeterRecord
export const op_batch: i32 = 8; // a Batch
export const op_bytes: i32 = 32;

/** What stands around every output of an instance, twice. */
export const guard: i64 = <i64>GUARD;

/**
 * 0 op · 4 a, or address of `to` · 8 b, or address of `from` · 12 c · 16 flag of `to` · 20 flag of `from`
 * 24 bytes of the whole buffer · 28 the host's own note; buffers are 16-byte aligned
 */
@final
@unmanaged
class Op {
  op: u32;
  a: usize;
  b: usize;
  c: usize;
  toFlag: usize;
  fromFlag: usize;
  bytes: u32;
  chunk: u32;
}

/**
 * Runs the records `from` to `to` - 1 for one block. [render]
 *
 * @param program address of the records
 * @param frames 1 to the maxFrames of every instance and buffer
 * @param fuel units for each instance · @param more for each further instance of a batch
 * @param progress address of two i32: the record in progress, whose fault a trap is, and which of its batch
 * @returns `to`
 */
export function run(program: usize, from: u32, to: u32, frames: u32, fuel: i32, more: i32, progress: usize): u32 {
  for (let i = from; i < to; i++) {
    store<u32>(progress, i);
    const op = changetype<Op>(program + (<usize>i << 5));
    switch (op.op) {
      case op_process: {
        processInstance(changetype<InstanceRecord>(op.b), frames, fuel);
        break;
      }
      case op_zero: {
        empty(op.a, op.toFlag, op.bytes);
        break;
      }
      case op_copy: {
        if (isSilent(op.fromFlag)) {
          empty(op.a, op.toFlag, op.bytes);
        } else {
          act();
          copy(op.a, op.b, frames);
          store<u32>(op.toFlag, SOUND);
        }
        break;
      }
      case op_mix: {
        mix(op.a, op.b, changetype<GainRecord>(op.c), op.toFlag, op.fromFlag, frames);
        break;
      }
      case op_copy_gain: {
        copyGain(op.a, op.b, changetype<GainRecord>(op.c), op.toFlag, op.fromFlag, frames, op.bytes);
        break;
      }
      case op_delay: {
        delay(op.a, op.b, changetype<DelayRecord>(op.c), op.toFlag, op.fromFlag, frames, op.bytes);
        break;
      }
      case op_meter: {
        meter(op.b, changetype<MeterRecord>(op.c), op.fromFlag, frames);
        break;
      }
      case op_batch: {
        processBatch(changetype<Batch>(op.a), frames, fuel, more, progress + 4);
        break;
      }
    }
  }
  return to;
}

/**
 * Goes on with the batch of a record after a trap in it; at `progress` + 4 stands which of its instances is in progress.
 * The host mutes that one when this traps, and calls again. [render]
 */
export function resume(program: usize, record: u32, frames: u32, fuel: i32, progress: usize): void {
  const op = changetype<Op>(program + (<usize>record << 5));
  resumeBatch(changetype<Batch>(op.a), frames, fuel, progress + 4);
}

/** Zeros `bytes` bytes. [render] */
export function clear(address: usize, bytes: usize): void {
  memory.fill(address, 0, bytes);
}
