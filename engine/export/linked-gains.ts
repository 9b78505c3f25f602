import type { LoudnessLink, LoudnessTarget, MediaLoudness } from '@audiocloud/api';
import { type LoudnessGain, loudnessGain } from './loudness-gain.ts';

/**
 * The gain of each output with a loudness target: its own, or one for all, so that stems keep their balance. Linked, the target is that
 * of the first, and no true peak of any of them, nor of their sum, is higher than it allows. sum: how loud they are together. [any]
 */
export function linkedGains(
  targets: readonly LoudnessTarget[],
  measured: readonly MediaLoudness[],
  link: LoudnessLink,
  sum?: MediaLoudness,
): LoudnessGain[] {
  const [target] = targets;
  if (!target) return [];
  if (link === 'each') return targets.map((one, i) => loudnessGain(one, measured[i]!));
  const gain =
    link === 'sum' && sum ? loudnessGain(target, sum, measured) : loudnessGain(target, measured[0]!, measured);
  return targets.map(() => gain);
}
