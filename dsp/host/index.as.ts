/**
 * The engine's block runner: runs a plan, which is a list of records, inside the memory of a plugin. It is no plugin: no
 * heap, no data, no start function, an imported shared memory, and the render twin's functions as imports.
 */
import { Layout } from '../abi.as';
import { delay, DelayRecord } from './delay.as';
import { copy, zero } from './frames.as';
import { applyGain, GainRecord } from './gain.as';
import { InstanceRecord, processInstance } from './instance.as';
import { meter, MeterRecord } from './meter.as';

export const op_nop: i32 = 0;
export const op_process: i32 = 1; // a layout · b InstanceRecord
export const op_zero: i32 = 2; // a to
export const op_copy: i32 = 3; // a to · b from
export const op_mix: i32 = 4; // a to · b from · c GainRecord: to += from * gain
export const op_copy_gain: i32 = 5; // a to · b from · c GainRecord: to = from * gain
export const op_delay: i32 = 6; // a to · b from · c DelayRecord: to[n] = from[n - delay]
export const op_meter: i32 = 7; // a from · b MeterRecord
export const op_bytes: i32 = 32;

/** 0 op · 4 a · 8 b · 12 c · 16 to 28 unused; addresses are 16-byte aligned */
@final
@unmanaged
class Op {
  op: u32;
  a: usize;
  b: usize;
  c: usize;
  unused16: u32;
  unused20: u32;
  unused24: u32;
  unused28: u32;
}

/**
 * Runs the records `from` to `to` - 1 for one block. [render]
 *
 * @param program address of the records
 * @param frames 1 to the maxFrames of every instance and buffer
 * @param fuel units for each instance
 * @param progress address of an i32 that always names the record in progress: whose fault a trap is
 * @returns `to`
 */
export function run(program: usize, from: u32, to: u32, frames: u32, fuel: i32, progress: usize): u32 {
  for (let i = from; i < to; i++) {
    store<u32>(progress, i);
    const op = changetype<Op>(program + (<usize>i << 5));
    switch (op.op) {
      case op_process: {
        processInstance(changetype<Layout>(op.a), changetype<InstanceRecord>(op.b), frames, fuel);
        break;
      }
      case op_zero: {
        zero(op.a, frames);
        break;
      }
      case op_copy: {
        copy(op.a, op.b, frames);
        break;
      }
      case op_mix: {
        applyGain(op.a, op.b, changetype<GainRecord>(op.c), frames, true);
        break;
      }
      case op_copy_gain: {
        applyGain(op.a, op.b, changetype<GainRecord>(op.c), frames, false);
        break;
      }
      case op_delay: {
        delay(op.a, op.b, changetype<DelayRecord>(op.c), frames);
        break;
      }
      case op_meter: {
        meter(op.a, changetype<MeterRecord>(op.b), frames);
        break;
      }
    }
  }
  return to;
}

/** Zeros `bytes` bytes. [render] */
export function clear(address: usize, bytes: usize): void {
  memory.fill(address, 0, bytes);
}
