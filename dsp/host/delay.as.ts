import { act } from './activity.as';
import { empty, isSilent, SOUND } from './flag.as';

/**
 * A delay line of the plan's latency compensation.
 *
 * 0 ring usize (f32[capacity]) · 4 capacity u32, a power of two above delay + 3 · 8 position u32, next slot written
 * 12 delay u32 frames · 16 silent u32: frames of silence that went in last, counted up to the delay · 20 to 28 unused
 */
@final
@unmanaged
export class DelayRecord {
  ring: usize;
  capacity: u32;
  position: u32;
  delay: u32;
  silent: u32;
}

/** to[n] = from[n - delay]; `to` may be `from`. `bytes`: of the whole buffer. [render] */
export function delay(to: usize, from: usize, record: DelayRecord, toFlag: usize, fromFlag: usize, frames: u32, bytes: u32): void {
  const silent = isSilent(fromFlag) ? record.silent : 0;
  // All that is still to come out is zero: the ring can stand still.
  if (isSilent(fromFlag) && silent >= record.delay) return empty(to, toFlag, bytes);
  act();
  record.silent = isSilent(fromFlag) ? silent + frames : 0;
  store<u32>(toFlag, SOUND);
  const ring = record.ring;
  const capacity = record.capacity;
  const mask = capacity - 1;
  const frameDelay = record.delay;
  let write = record.position & mask;
  let read = (write - frameDelay) & mask;
  let i: u32 = 0;
  while (i < frames) {
    const at = <usize>i << 2;
    if (i + 4 <= frames && write + 4 <= capacity && read + 4 <= capacity) {
      // written before it is read, so that delays of 0 to 3 frames come out of the same four
      v128.store(ring + (<usize>write << 2), v128.load(from + at));
      v128.store(to + at, v128.load(ring + (<usize>read << 2)));
      write = (write + 4) & mask;
      read = (read + 4) & mask;
      i += 4;
    } else {
      store<f32>(ring + (<usize>write << 2), load<f32>(from + at));
      store<f32>(to + at, load<f32>(ring + (<usize>read << 2)));
      write = (write + 1) & mask;
      read = (read + 1) & mask;
      i += 1;
    }
  }
  record.position = write;
}
