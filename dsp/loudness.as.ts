/** Steps of the measure in one second: of 10 ms, so that a window misses a burst of its own length by 5 ms at most. */
export const STEPS_PER_SECOND: u32 = 100;

const MOMENTARY_STEPS: i32 = 40; // 400 ms
const SHORT_TERM_STEPS: u32 = 300; // 3 s
/** 100 ms: blocks of 400 ms that overlap by 75 %, and the short-term loudness. */
export const HOP_STEPS: i32 = 10;
const BINS: u32 = 900;
const BIN_LU: f64 = 0.1;
const FLOOR_LUFS: f64 = -70.0; // the absolute gate

/** Bytes of one Loudness. */
export const LOUDNESS_BYTES: usize = 32 + SHORT_TERM_STEPS * 8 + BINS * 16;

/**
 * Momentary, short-term and integrated loudness of a programme, from the weighted power of steps of 10 ms.
 *
 * Source: ITU-R BS.1770-4 annex 1 (blocks of 400 ms that overlap by 75 %, gated at -70 LUFS and at 10 LU below the mean of
 * what is above that) and EBU Tech 3341 (400 ms and 3 s). Blocks are sorted into bins of 0.1 LU that keep count and sum of
 * their power, so the means are exact, and only blocks within 0.1 LU of the relative gate may fall on the wrong side.
 *
 * The momentary loudness is renewed every step, the short-term loudness and the blocks of the integrated every 100 ms.
 * Cost: 40 additions and a logarithm a step; every 100 ms 300 more, up to 3,600 for the integrated loudness, and 3 logarithms.
 *
 * 0 momentary f64 · 8 shortTerm f64 · 16 integrated f64 (LUFS) · 24 next u32 (step in the ring)
 * 28 measured i32 (steps since reset or restart; from 40 on it runs from 40 to 49)
 * 32 power of the last 300 steps f64[300] · then bins { count f64, power f64 }[900], the first at -70 LUFS
 */
@final
@unmanaged
export class Loudness {
  momentary: f64;
  shortTerm: f64;
  /** Of all since reset or restart; -Infinity while nothing is above the gate. */
  integrated: f64;
  next: u32;
  measured: i32;

  reset(): void {
    memory.fill(changetype<usize>(this), 0, LOUDNESS_BYTES);
    this.momentary = -Infinity;
    this.shortTerm = -Infinity;
    this.integrated = -Infinity;
  }

  /**
   * Forgets the integrated measure; the windows go on. The first block of the new measure begins with the next step.
   *
   * @param isWithinStep the step under way has begun before the restart: it is not measured
   */
  restart(isWithinStep: bool): void {
    memory.fill(this.bin(0), 0, BINS << 4);
    this.integrated = -Infinity;
    this.measured = isWithinStep ? -1 : 0;
  }

  /** Takes the mean square of 10 ms, all channels weighted and added. [render] */
  step(power: f64): void {
    store<f64>(this.power(this.next), power);
    this.next = this.next + 1 == SHORT_TERM_STEPS ? 0 : this.next + 1;
    this.measured += 1;
    if (this.measured == MOMENTARY_STEPS + HOP_STEPS) this.measured = MOMENTARY_STEPS;
    const mean = this.mean(MOMENTARY_STEPS);
    this.momentary = loudness(mean);
    if (this.next % <u32>HOP_STEPS == 0) this.shortTerm = loudness(this.mean(SHORT_TERM_STEPS));
    if (this.measured != MOMENTARY_STEPS || !(this.momentary >= FLOOR_LUFS)) return;
    const bin = this.bin(min<u32>(<u32>((this.momentary - FLOOR_LUFS) / BIN_LU), BINS - 1));
    store<f64>(bin, load<f64>(bin) + 1.0);
    store<f64>(bin, load<f64>(bin, 8) + mean, 8);
    const all = loudness(this.meanAbove(0));
    const gate = (all - 10.0 - FLOOR_LUFS) / BIN_LU;
    this.integrated = loudness(this.meanAbove(gate > 0.0 ? <u32>Math.round(gate) : 0));
  }

  /** Mean power of the last `count` steps; those before the start are silence. */
  private mean(count: u32): f64 {
    let sum: f64 = 0;
    let step = this.next;
    for (let left = count; left; left--) {
      step = (step ? step : SHORT_TERM_STEPS) - 1;
      sum += load<f64>(this.power(step));
    }
    return sum / <f64>count;
  }

  /** Mean power of the blocks in bin `first` and above. */
  private meanAbove(first: u32): f64 {
    let count: f64 = 0;
    let power: f64 = 0;
    for (let b = first; b < BINS; b++) {
      count += load<f64>(this.bin(b));
      power += load<f64>(this.bin(b), 8);
    }
    return count > 0.0 ? power / count : 0.0;
  }

  @inline private power(step: u32): usize {
    return changetype<usize>(this) + 32 + (<usize>step << 3);
  }

  @inline private bin(index: u32): usize {
    return changetype<usize>(this) + 32 + (SHORT_TERM_STEPS << 3) + (<usize>index << 4);
  }
}

/** LUFS of a weighted power. */
function loudness(power: f64): f64 {
  return power > 0.0 ? -0.691 + 10.0 * Math.log10(power) : -Infinity;
}
