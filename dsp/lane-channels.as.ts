import { Instance } from './instance.as';
import { interleave, Lanes, LANE_FRAMES, separate } from './lanes.as';

/**
 * Channels of lanes as rows of T: what a kernel reads that gives a lane to a channel, or, where its channels are linked, a lane to
 * an instance that goes through its channels one after the other. A row of T = v128 holds a vector for each frame, a lane for each
 * channel; of T = f32 it is a copy of the channel. Cost: that of interleave and separate (lanes.as.ts); of the arithmetic one operation on four
 * values. [render]
 */

/** Bytes of one row. */
export const ROW_BYTES: usize = <usize>LANE_FRAMES * 16;

/**
 * Fills the row at `data` with frames `from` to before `to`, at most LANE_FRAMES of them.
 *
 * @param a, b, c, d which input channel of each lane's instance
 */
@inline export function readRow<T>(lanes: Lanes, a: u32, b: u32, c: u32, d: u32, data: usize, from: u32, to: u32): void {
  const at = <usize>from << 2;
  const first = changetype<Instance>(lanes.instance(0)).in(a) + at;
  if (isVector<T>()) {
    const second = changetype<Instance>(lanes.instance(1)).in(b) + at;
    const third = changetype<Instance>(lanes.instance(2)).in(c) + at;
    interleave(first, second, third, changetype<Instance>(lanes.instance(3)).in(d) + at, data, to - from);
  } else {
    memory.copy(data, first, <usize>(to - from) << 2);
  }
}

/** The way back: to output channels. */
@inline export function writeRow<T>(lanes: Lanes, a: u32, b: u32, c: u32, d: u32, data: usize, from: u32, to: u32): void {
  const at = <usize>from << 2;
  const first = changetype<Instance>(lanes.instance(0)).out(a) + at;
  if (isVector<T>()) {
    const second = changetype<Instance>(lanes.instance(1)).out(b) + at;
    const third = changetype<Instance>(lanes.instance(2)).out(c) + at;
    separate(data, first, second, third, changetype<Instance>(lanes.instance(3)).out(d) + at, to - from);
  } else {
    memory.copy(first, data, <usize>(to - from) << 2);
  }
}

/** row = |row| */
@inline export function magnitudes(row: usize, bytes: usize): void {
  for (const end = row + bytes; row < end; row += 16) v128.store(row, f32x4.abs(v128.load(row)));
}

/** row = the larger of row and |other|; what is not a number counts for nothing. */
@inline export function largerMagnitudes(row: usize, other: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(row + i, f32x4.pmax(v128.load(row + i), f32x4.abs(v128.load(other + i))));
  }
}

/** row = row * other */
@inline export function multiplyRow(row: usize, other: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(row + i, f32x4.mul(v128.load(row + i), v128.load(other + i)));
}

/** row = row + other * factor */
@inline export function addProduct(row: usize, other: usize, factor: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(row + i, f32x4.add(v128.load(row + i), f32x4.mul(v128.load(other + i), v128.load(factor + i))));
  }
}

/** row = row + other */
@inline export function addRow(row: usize, other: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(row + i, f32x4.add(v128.load(row + i), v128.load(other + i)));
}
