import { COEFFICIENTS, Lanes, STATES } from '../../dsp/lanes.as';
import { aimLower, aimSum, aimUpper } from '../../dsp/linkwitz-riley.as';
import { ROW_BYTES } from '../../dsp/lane-channels.as';
import { Svf, svf, SVF_BYTES, SVF_STATE_BYTES } from '../../dsp/svf.as';

export const CROSSOVERS: u32 = 3;
export const BANDS: u32 = 4;

const LOWER: u32 = 0;
const UPPER: u32 = 1;
const SUM: u32 = 2;

const SECTIONS: u32 = 14;
/** Bytes of the states of one channel. */
export const CROSSOVER_STATE_BYTES: usize = <usize>SECTIONS * SVF_STATE_BYTES;
/** Bytes of one Crossovers. */
export const CROSSOVERS_BYTES: usize = <usize>(CROSSOVERS * 3) * SVF_BYTES;

/**
 * Four bands by three Linkwitz-Riley crossovers, a tree: the middle one first, then each half by its own. Each half also goes through
 * the all-pass of the other half's crossover: so all four are in phase everywhere, and add up to the three all-passes in a row, which
 * is flat, wherever the crossovers are. 14 sections of the second order a channel.
 *
 * { lower Svf, upper Svf, sum Svf }[CROSSOVERS]
 */
@final
@unmanaged
export class Crossovers {
  /** Sets a crossover, or sets it on its way within `frames`; g = tan(pi corner / sampleRate). [render] */
  aim(crossover: u32, g: f64, frames: u32): void {
    aimLower(this.filter(crossover, LOWER), g, 1, frames);
    aimUpper(this.filter(crossover, UPPER), g, 1, frames);
    aimSum(this.filter(crossover, SUM), g, 1, frames);
  }

  /** Stands still from here on. [render] */
  settle(crossover: u32): void {
    for (let part: u32 = 0; part < 3; part++) this.filter(crossover, part).settle();
  }

  @inline filter(crossover: u32, part: u32): Svf {
    return changetype<Svf>(changetype<usize>(this) + <usize>(crossover * 3 + part) * SVF_BYTES);
  }
}

/** Where the filters and states of the four lanes are; the lanes' own place for it is taken by each section in turn. */
@final
@unmanaged
export class CrossoverLanes {
  crossoversA: usize;
  crossoversB: usize;
  crossoversC: usize;
  crossoversD: usize;
  statesA: usize;
  statesB: usize;
  statesC: usize;
  statesD: usize;

  @inline set(lane: u32, crossovers: usize, states: usize): void {
    store<usize>(changetype<usize>(this) + (<usize>lane << 2), crossovers);
    store<usize>(changetype<usize>(this) + (<usize>lane << 2), states, 16);
  }

  /** Splits the row at `rows + ROW_BYTES` into the four rows from `rows` on, lowest first. [render] */
  split<T>(lanes: Lanes, rows: usize, bytes: usize, frames: u32, left: u32, isOdd: bool): void {
    const first = rows;
    const second = rows + ROW_BYTES;
    const third = rows + 2 * ROW_BYTES;
    const fourth = rows + 3 * ROW_BYTES;
    memory.copy(fourth, second, bytes);
    this.section<T>(lanes, 1, LOWER, 0, second, frames, left, isOdd);
    this.section<T>(lanes, 1, LOWER, 1, second, frames, left, isOdd);
    this.section<T>(lanes, 1, UPPER, 2, fourth, frames, left, isOdd);
    this.section<T>(lanes, 1, UPPER, 3, fourth, frames, left, isOdd);
    this.section<T>(lanes, 2, SUM, 4, second, frames, left, isOdd);
    memory.copy(first, second, bytes);
    this.section<T>(lanes, 0, LOWER, 5, first, frames, left, isOdd);
    this.section<T>(lanes, 0, LOWER, 6, first, frames, left, isOdd);
    this.section<T>(lanes, 0, UPPER, 7, second, frames, left, isOdd);
    this.section<T>(lanes, 0, UPPER, 8, second, frames, left, isOdd);
    this.section<T>(lanes, 0, SUM, 9, fourth, frames, left, isOdd);
    memory.copy(third, fourth, bytes);
    this.section<T>(lanes, 2, LOWER, 10, third, frames, left, isOdd);
    this.section<T>(lanes, 2, LOWER, 11, third, frames, left, isOdd);
    this.section<T>(lanes, 2, UPPER, 12, fourth, frames, left, isOdd);
    this.section<T>(lanes, 2, UPPER, 13, fourth, frames, left, isOdd);
  }

  private section<T>(
    lanes: Lanes,
    crossover: u32,
    part: u32,
    place: u32,
    row: usize,
    frames: u32,
    left: u32,
    isOdd: bool,
  ): void {
    for (let lane: u32 = 0; lane < 4; lane++) {
      const at = changetype<usize>(this) + (<usize>lane << 2);
      const filter = changetype<Crossovers>(load<usize>(at)).filter(crossover, part);
      lanes.place(COEFFICIENTS, lane, changetype<usize>(filter));
      lanes.place(STATES, lane, load<usize>(at, 16) + <usize>place * SVF_STATE_BYTES);
    }
    svf<T>(lanes, row, frames, left, isOdd, none<T>());
  }
}

@inline function none<T>(): T {
  if (isVector<T>()) return f32x4.splat(0);
  return 0;
}
