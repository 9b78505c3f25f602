const STEPS: u32 = 30; // of 100 ms: the 3 s of the short-term loudness
const MOMENTARY_STEPS: u32 = 4; // 400 ms
const BINS: u32 = 900;
const BIN_LU: f64 = 0.1;
const FLOOR_LUFS: f64 = -70.0; // the absolute gate

/** Bytes of one Loudness. */
export const LOUDNESS_BYTES: usize = 24 + STEPS * 8 + BINS * 16;

/**
 * Momentary, short-term and integrated loudness of a programme, from the weighted power of steps of 100 ms.
 *
 * Source: ITU-R BS.1770-4 annex 1 (blocks of 400 ms that overlap by 75 %, gated at -70 LUFS and at 10 LU below the mean of
 * what is above that) and EBU Tech 3341 (400 ms and 3 s). Blocks are sorted into bins of 0.1 LU that keep count and sum of
 * their power, so the means are exact, and only blocks within 0.1 LU of the relative gate may fall on the wrong side.
 *
 * 0 steps f64 (so far) · 8 momentary f64 · 16 shortTerm f64 (LUFS) · 24 power of the last 30 steps f64[30]
 * · then bins { count f64, power f64 }[900], the first at -70 LUFS
 */
@final
@unmanaged
export class Loudness {
  steps: f64;
  momentary: f64;
  shortTerm: f64;

  reset(): void {
    memory.fill(changetype<usize>(this), 0, LOUDNESS_BYTES);
    this.momentary = -Infinity;
    this.shortTerm = -Infinity;
  }

  /** Forgets the integrated measure; the windows go on. */
  restart(): void {
    memory.fill(this.bin(0), 0, BINS << 4);
  }

  /** Takes the mean square of 100 ms, all channels weighted and added. [render] */
  step(power: f64): void {
    store<f64>(this.power(<u32>(this.steps % <f64>STEPS)), power);
    this.steps += 1.0;
    this.momentary = loudness(this.mean(MOMENTARY_STEPS));
    this.shortTerm = loudness(this.mean(STEPS));
    if (this.steps < <f64>MOMENTARY_STEPS || !(this.momentary >= FLOOR_LUFS)) return;
    const bin = this.bin(min<u32>(<u32>((this.momentary - FLOOR_LUFS) / BIN_LU), BINS - 1));
    store<f64>(bin, load<f64>(bin) + 1.0);
    store<f64>(bin, load<f64>(bin, 8) + this.mean(MOMENTARY_STEPS), 8);
  }

  /** LUFS of all since reset or restart; -Infinity while nothing is above the gate. [render] */
  integrated(): f64 {
    const all = loudness(this.meanAbove(0));
    if (!(all >= FLOOR_LUFS)) return -Infinity;
    const gate = (all - 10.0 - FLOOR_LUFS) / BIN_LU;
    return loudness(this.meanAbove(gate > 0.0 ? <u32>Math.round(gate) : 0));
  }

  /** Mean power of the last `count` steps; those before the start count as silence. */
  private mean(count: u32): f64 {
    let sum: f64 = 0;
    for (let back: u32 = 1; back <= count; back++) {
      const at = this.steps - <f64>back;
      if (at >= 0.0) sum += load<f64>(this.power(<u32>(at % <f64>STEPS)));
    }
    return sum / <f64>count;
  }

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
    return changetype<usize>(this) + 24 + (<usize>step << 3);
  }

  @inline private bin(index: u32): usize {
    return changetype<usize>(this) + 24 + (STEPS << 3) + (<usize>index << 4);
  }
}

/** LUFS of a weighted power. */
function loudness(power: f64): f64 {
  return power > 0.0 ? -0.691 + 10.0 * Math.log10(power) : -Infinity;
}
