import { peakOf, UNCLEAN } from '../host/guard.as';

const EXPONENT: u32 = 0x7f800000; // all of it set: infinite, or not a number

/** Replaces by 0 what is not finite. @returns how many samples that were. [render] */
export function scrubbed(channel: usize, frames: u32): u32 {
  if (peakOf(channel, frames) != UNCLEAN) return 0;
  let count: u32 = 0;
  for (let at = channel, end = channel + (<usize>frames << 2); at < end; at += 4) {
    if ((load<u32>(at) & EXPONENT) != EXPONENT) continue;
    store<u32>(at, 0);
    count++;
  }
  return count;
}
