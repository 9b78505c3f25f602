import { SILENCE, type SoundLevel } from '@audiocloud/api';

/** A peak and a mean square, full scale 1, in dB; below -120 dB is silence. [any] */
export function soundLevel({ peak, square }: { peak: number; square: number }): SoundLevel {
  const decibels = (power: number) => Number((10 * Math.log10(power)).toFixed(1));
  return {
    peakDb: Math.max(SILENCE.peakDb, decibels(peak * peak)),
    rmsDb: Math.max(SILENCE.rmsDb, decibels(square)),
  };
}
