import type { LoudnessTarget, MediaLoudness } from '@audiocloud/api';

/** Least true peak that is left between a file and full scale, when a target does not say. */
const DEFAULT_TRUE_PEAK_DB = -1;

export interface LoudnessGain {
  gainDb: number;
  /** The true peak did not let it become as loud as wanted. */
  isPeakLimited: boolean;
}

/**
 * The gain that brings a sound to a target: lowered so that its true peak holds, and the true peaks of those that get the same. What has
 * no loudness (silence, less than 0.4 s) keeps its level but for its peak. [any]
 */
export function loudnessGain(
  target: LoudnessTarget,
  measured: MediaLoudness,
  others: readonly MediaLoudness[] = [],
): LoudnessGain {
  const { truePeakDb = DEFAULT_TRUE_PEAK_DB } = target;
  const wanted = measured.integratedLufs === undefined ? 0 : target.integratedLufs - measured.integratedLufs;
  const peaks = [measured, ...others].flatMap((one) => one.truePeakDb ?? []);
  const most = Math.min(...peaks.map((peak) => truePeakDb - peak));
  return most < wanted ? { gainDb: most, isPeakLimited: true } : { gainDb: wanted, isPeakLimited: false };
}
