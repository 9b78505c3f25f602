import { SAMPLE_RATE } from './score.ts';
import type { RenderedTrack } from './tracks.ts';
import { createFilter, createNoise } from './voices.ts';

const SECONDS = 1.4;
/** In which it falls by 60 dB. */
const DECAY_SECONDS = 1.2;
const ONSET_SECONDS = 0.004;
const FADE_SECONDS = 0.1;
const PEAK = 0.5;

/** The impulse response of a hall that is not there: noise that fades and gets darker, other noise on either side. 16-bit integers. */
export function renderHall(): RenderedTrack {
  const frames = Math.round(SECONDS * SAMPLE_RATE);
  const sides = [11, 12].map((seed) => {
    const noise = createNoise(seed);
    const dark = createFilter('low', Math.SQRT1_2);
    return Float64Array.from({ length: frames }, (_, n) => {
      const t = n / SAMPLE_RATE;
      const rise = Math.min(1, t / ONSET_SECONDS);
      const gone = Math.min(1, (SECONDS - t) / FADE_SECONDS);
      return rise * gone * 10 ** ((-3 * t) / DECAY_SECONDS) * dark(noise(), 12_000 * 10 ** (-t / SECONDS));
    });
  });
  const peak = sides.reduce((most, side) => side.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
  return {
    name: 'hall',
    channels: sides.map((side) => Int32Array.from(side, (x) => Math.round((32768 * PEAK * x) / peak))),
  };
}
