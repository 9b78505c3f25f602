/** From levels to how far gates are shut: the part that waits for the frame before. [render] */
import { add, all, mul, sub, whereGreater } from '../../dsp/lane.as';
import { larger, smaller } from '../../dsp/lane-order.as';
import { COEFFICIENTS, gather, Lanes, scatter, STATES } from '../../dsp/lanes.as';

/**
 * What a gate is set to; levels and reductions as log2, where 1 is 6.02 dB. 36 bytes, f32.
 *
 * 0 openAt: a level above it opens · 4 shutAt: a level below it shuts · 8 halfKnee · 12 bend = slope / (4 halfKnee)
 * 16 slope = ratio - 1 · 20 range, the largest reduction · 24 attack, 28 release: shares of the way done in a frame · 32 holdFrames
 */
@final
@unmanaged
export class Opening {
  openAt: f32;
  shutAt: f32;
  halfKnee: f32;
  bend: f32;
  slope: f32;
  range: f32;
  attack: f32;
  release: f32;
  holdFrames: f32;
}

/** Bytes of one Opening. */
export const OPENING_BYTES: usize = 48;

/**
 * Bytes of the state of one lane, f32: 0 reduction, 4 what its sum lost, 8 frames still held, 12 isOpen (0 or 1), 16 the largest
 * reduction since it was last read.
 */
export const OPENING_STATE_BYTES: usize = 32;

/**
 * Levels (log2) in the row at `data` become reductions.
 *
 * Below the threshold, shutAt while open and openAt while shut, the reduction is slope times the distance, up to the range, with a
 * parabola over the width of the knee: Giannoulis, Massberg and Reiss, 2012, eq. 4, turned downwards. It falls by the attack; it
 * grows by the release once the level has been too low for the time to hold. What a sum lost is kept: dsp/reduction.as.ts.
 */
export function openings<T>(lanes: Lanes, data: usize, frames: u32): void {
  const a = lanes.at(STATES, 0);
  const b = lanes.at(STATES, 1);
  const c = lanes.at(STATES, 2);
  const d = lanes.at(STATES, 3);
  const ca = lanes.at(COEFFICIENTS, 0);
  const cb = lanes.at(COEFFICIENTS, 1);
  const cc = lanes.at(COEFFICIENTS, 2);
  const cd = lanes.at(COEFFICIENTS, 3);
  const openAt = gather<T>(ca, cb, cc, cd, offsetof<Opening>("openAt"));
  const shutAt = gather<T>(ca, cb, cc, cd, offsetof<Opening>("shutAt"));
  const halfKnee = gather<T>(ca, cb, cc, cd, offsetof<Opening>("halfKnee"));
  const bend = gather<T>(ca, cb, cc, cd, offsetof<Opening>("bend"));
  const slope = gather<T>(ca, cb, cc, cd, offsetof<Opening>("slope"));
  const range = gather<T>(ca, cb, cc, cd, offsetof<Opening>("range"));
  const attack = gather<T>(ca, cb, cc, cd, offsetof<Opening>("attack"));
  const release = gather<T>(ca, cb, cc, cd, offsetof<Opening>("release"));
  const holdFrames = gather<T>(ca, cb, cc, cd, offsetof<Opening>("holdFrames"));
  const zero = all<T>(0);
  const one = all<T>(1);
  const knee = add<T>(halfKnee, halfKnee);
  let reduction = gather<T>(a, b, c, d, 0);
  let lost = gather<T>(a, b, c, d, 4);
  let held = gather<T>(a, b, c, d, 8);
  let isOpen = gather<T>(a, b, c, d, 12);
  let largest = gather<T>(a, b, c, d, 16);
  for (const end = data + <usize>frames * sizeof<T>(); data < end; data += sizeof<T>()) {
    const level = load<T>(data);
    isOpen = whereGreater<T>(level, openAt, one, whereGreater<T>(shutAt, level, zero, isOpen));
    const threshold = whereGreater<T>(isOpen, zero, shutAt, openAt);
    const under = add<T>(sub<T>(threshold, level), halfKnee);
    const inside = larger<T>(zero, smaller<T>(knee, under));
    const below = larger<T>(zero, sub<T>(under, knee));
    const wanted = smaller<T>(range, add<T>(mul<T>(bend, mul<T>(inside, inside)), mul<T>(slope, below)));
    const way = sub<T>(wanted, reduction);
    // it opens with every frame; shutting waits until nothing is held
    const rate = whereGreater<T>(way, zero, whereGreater<T>(held, zero, zero, release), attack);
    held = whereGreater<T>(way, zero, larger<T>(zero, sub<T>(held, one)), holdFrames);
    const step = add<T>(lost, mul<T>(rate, way));
    const next = add<T>(reduction, step);
    lost = sub<T>(step, sub<T>(next, reduction));
    reduction = next;
    largest = larger<T>(reduction, largest);
    store<T>(data, reduction);
  }
  scatter<T>(a, b, c, d, 0, reduction);
  scatter<T>(a, b, c, d, 4, lost);
  scatter<T>(a, b, c, d, 8, held);
  scatter<T>(a, b, c, d, 12, isOpen);
  scatter<T>(a, b, c, d, 16, largest);
}
