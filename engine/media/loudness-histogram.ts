/** From the absolute gate, which nothing below it passes, up; finer than any meter shows. */
const LOWEST_LUFS = -70;
const BIN_LU = 0.002;
const BINS = 50_000; // up to +30 LUFS; what is louder stands in the last

/** Loudness of an energy (mean square of the weighted channels): BS.1770-4, equation 2. */
export const lufsOf = (energy: number): number => -0.691 + 10 * Math.log10(energy);

/** Blocks by their loudness, so that a day of them needs no more memory than a second. Those below -70 LUFS are not kept. */
export class LoudnessHistogram {
  private readonly counts = new Uint32Array(BINS);
  private readonly energies = new Float64Array(BINS);

  /** [any] */
  add(energy: number): void {
    const lufs = lufsOf(energy);
    if (!(lufs > LOWEST_LUFS)) return;
    const bin = Math.min(BINS - 1, Math.floor((lufs - LOWEST_LUFS) / BIN_LU));
    this.counts[bin]!++;
    this.energies[bin]! += energy;
  }

  /** Mean energy of the blocks above a gate so many LU below the mean of all; undefined without any. [any] */
  gatedEnergy(belowLu: number): number | undefined {
    const first = this.firstAbove(belowLu);
    return first === undefined ? undefined : this.mean(first);
  }

  /** Distance of the 10th and the 95th percentile above a gate so many LU below the mean: EBU Tech 3342. [any] */
  rangeLu(belowLu: number): number | undefined {
    const first = this.firstAbove(belowLu);
    if (first === undefined) return undefined;
    let blocks = 0;
    for (let bin = first; bin < BINS; bin++) blocks += this.counts[bin]!;
    const place = (part: number) => {
      let left = Math.round((blocks - 1) * part);
      for (let bin = first; bin < BINS; bin++) {
        left -= this.counts[bin]!;
        if (left < 0) return LOWEST_LUFS + (bin + 0.5) * BIN_LU;
      }
      return LOWEST_LUFS + BINS * BIN_LU;
    };
    return place(0.95) - place(0.1);
  }

  private firstAbove(belowLu: number): number | undefined {
    const all = this.mean(0);
    if (all === undefined) return undefined;
    return Math.min(BINS - 1, Math.max(0, Math.ceil((lufsOf(all) - belowLu - LOWEST_LUFS) / BIN_LU)));
  }

  private mean(first: number): number | undefined {
    let blocks = 0;
    let energy = 0;
    for (let bin = first; bin < BINS; bin++) {
      blocks += this.counts[bin]!;
      energy += this.energies[bin]!;
    }
    return blocks === 0 ? undefined : energy / blocks;
  }
}
