import { gainOfDb } from './decibels.as';
import { envelopeRate } from './envelope.as';
import { add, all, mul, sub, whereGreater } from './lane.as';
import { four, larger, rowBytes } from './lane-order.as';
import { COEFFICIENTS, gather, Lanes, scatter, STATES } from './lanes.as';
import { log2Four, PER_EXPONENT, PER_S, PER_S3 } from './logarithm.as';

const LOG2_OF_DB: f64 = 0.16609640474436813; // 1 / (20 log10(2))
/**
 * The curve begins so much later (log2) that a level at its start, whose logarithm is known to 7e-6, never asks for a reduction: below
 * it every bit of a sound stays.
 */
const MARGIN: f64 = 1e-5;
const TINY: f32 = 1e-10; // reductions that are taken for none

/** Bytes of one Reduction. */
export const REDUCTION_BYTES: usize = 48;
/** Bytes of the state of one lane, f32: 0 reduction, 4 what its sum lost, 8 the largest since it was last read, 12 unused. */
export const REDUCTION_STATE_BYTES: usize = 16;
/** log2 as decibels. */
export const DB_OF_LOG2: f32 = 6.020599913279624;

/**
 * From the level of each frame to a smoothed reduction: a gain computer with a quadratic knee and a limit, then one pole, with the
 * attack time while the reduction grows and the release time while it falls (63.2 % of the way in dB).
 *
 * Source: D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", J. Audio Eng. Soc. 60(6), 2012, eq. 4
 * and 23. Levels and reductions are log2: 1 is 6.02 dB. A long release takes steps far below the last bit of a reduction: what a sum
 * lost is kept and added to the next step (W. Kahan, Communications of the ACM 8(1), 1965).
 *
 * Cost of a frame: a logarithm and 6 operations four at a time, then 8 that wait for the frame before.
 *
 * f32: 0 start, a level · 4 from, its log2 · 8 knee · 12 bend = slope / (2 knee) · 16 slope = 1 - 1 / ratio · 20 range
 * 24 attack, 28 release: shares of the way done in a frame
 */
@final
@unmanaged
export class Reduction {
  start: f32;
  from: f32;
  knee: f32;
  bend: f32;
  slope: f32;
  range: f32;
  attack: f32;
  release: f32;

  /** @param rangeDb the most that is taken off [render] */
  set(thresholdDb: f64, ratio: f64, kneeDb: f64, rangeDb: f64): void {
    const slope = 1.0 - 1.0 / ratio;
    const knee = kneeDb * LOG2_OF_DB;
    this.start = <f32>gainOfDb(thresholdDb - kneeDb * 0.5);
    this.from = <f32>((thresholdDb - kneeDb * 0.5) * LOG2_OF_DB + MARGIN);
    this.knee = <f32>knee;
    this.bend = knee > 0.0 ? <f32>(slope / (2.0 * knee)) : 0;
    this.slope = <f32>slope;
    this.range = <f32>(rangeDb * LOG2_OF_DB);
  }

  /** Times of the smoothing. [render] */
  setTimes(attackSeconds: f64, releaseSeconds: f64, sampleRate: f64): void {
    this.attack = <f32>envelopeRate(attackSeconds, sampleRate);
    this.release = <f32>envelopeRate(releaseSeconds, sampleRate);
  }
}

/**
 * Levels (0 or more) in the row at `row` become smoothed reductions, 0 or more; rows are padded to whole vectors. [render]
 *
 * @param lanes COEFFICIENTS are the lanes' Reductions, STATES their states
 */
export function reduce<T>(lanes: Lanes, row: usize, frames: u32): void {
  wantedRow<T>(lanes, row, rowBytes<T>(frames));
  smoothRow<T>(lanes, row, frames);
}

/** Levels become the reductions that they ask for. [render] */
function wantedRow<T>(lanes: Lanes, row: usize, bytes: usize): void {
  const a = lanes.at(COEFFICIENTS, 0);
  const b = lanes.at(COEFFICIENTS, 1);
  const c = lanes.at(COEFFICIENTS, 2);
  const d = lanes.at(COEFFICIENTS, 3);
  const start = four<T>(gather<T>(a, b, c, d, offsetof<Reduction>("start")));
  const from = four<T>(gather<T>(a, b, c, d, offsetof<Reduction>("from")));
  const knee = four<T>(gather<T>(a, b, c, d, offsetof<Reduction>("knee")));
  const bend = four<T>(gather<T>(a, b, c, d, offsetof<Reduction>("bend")));
  const slope = four<T>(gather<T>(a, b, c, d, offsetof<Reduction>("slope")));
  const range = four<T>(gather<T>(a, b, c, d, offsetof<Reduction>("range")));
  const zero = f32x4.splat(0);
  const perExponent = f32x4.splat(<f32>PER_EXPONENT);
  const perS = f32x4.splat(<f32>PER_S);
  const perS3 = f32x4.splat(<f32>PER_S3);
  for (const end = row + bytes; row < end; row += 16) {
    // below the start, and for what is not a number, as at the start
    const over = log2Four(f32x4.pmax(start, v128.load(row)), perExponent, perS, perS3, from);
    const inside = f32x4.pmax(zero, f32x4.pmin(knee, over));
    const above = f32x4.pmax(zero, f32x4.sub(over, knee));
    const wanted = f32x4.add(f32x4.mul(bend, f32x4.mul(inside, inside)), f32x4.mul(slope, above));
    v128.store(row, f32x4.pmin(range, wanted));
  }
}

/** Reductions that are asked for become smoothed ones. [render] */
function smoothRow<T>(lanes: Lanes, row: usize, frames: u32): void {
  const ca = lanes.at(COEFFICIENTS, 0);
  const cb = lanes.at(COEFFICIENTS, 1);
  const cc = lanes.at(COEFFICIENTS, 2);
  const cd = lanes.at(COEFFICIENTS, 3);
  const attack = gather<T>(ca, cb, cc, cd, offsetof<Reduction>("attack"));
  const release = gather<T>(ca, cb, cc, cd, offsetof<Reduction>("release"));
  const a = lanes.at(STATES, 0);
  const b = lanes.at(STATES, 1);
  const c = lanes.at(STATES, 2);
  const d = lanes.at(STATES, 3);
  const zero = all<T>(0);
  let reduction = gather<T>(a, b, c, d, 0);
  let lost = gather<T>(a, b, c, d, 4);
  let largest = gather<T>(a, b, c, d, 8);
  for (const end = row + <usize>frames * sizeof<T>(); row < end; row += sizeof<T>()) {
    const way = sub<T>(load<T>(row), reduction);
    const step = add<T>(lost, mul<T>(whereGreater<T>(way, zero, attack, release), way));
    const next = add<T>(reduction, step);
    lost = sub<T>(step, sub<T>(next, reduction));
    reduction = next;
    largest = larger<T>(reduction, largest);
    store<T>(row, reduction);
  }
  scatter<T>(a, b, c, d, 0, reduction);
  scatter<T>(a, b, c, d, 4, lost);
  scatter<T>(a, b, c, d, 8, largest);
}

/** The largest reduction (log2) since it was last asked; a state that is not finite, or too small to matter, is zeroed. [render] */
export function takeLargest(state: usize): f32 {
  const reduction = load<f32>(state);
  const largest = load<f32>(state, 8);
  if (!(reduction > TINY && reduction < Infinity)) store<u64>(state, 0);
  store<f32>(state, 0, 8);
  return largest;
}
