/*
 * What lies between samples, by a longer interpolator than BS.1770's: 16 points a frame from 64 frames on either side, a sinc under a
 * Kaiser window of beta 9. Up to 0.45 of the sample rate it is within 0.001 dB.
 */
const POINTS = 16;
const REACH = 64;
const BETA = 9;

function besselI0(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; k < 60; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

const taps = Array.from({ length: POINTS }, (_, p) =>
  Float64Array.from({ length: 2 * REACH }, (_, i) => {
    const distance = i - REACH + 1 - p / POINTS;
    const sinc = distance === 0 ? 1 : Math.sin(Math.PI * distance) / (Math.PI * distance);
    return (sinc * besselI0(BETA * Math.sqrt(Math.max(0, 1 - (distance / REACH) ** 2)))) / besselI0(BETA);
  }),
);

/** The largest size between samples, from frame `from` to before `to`; 64 frames more on either side are read. */
export function peakBetween(signal: ArrayLike<number>, from: number, to: number): number {
  let peak = 0;
  for (let n = from; n < to; n++) {
    for (const phase of taps) {
      let sum = 0;
      for (let i = 0; i < 2 * REACH; i++) sum += phase[i]! * (signal[n + i - REACH + 1] ?? 0);
      peak = Math.max(peak, Math.abs(sum));
    }
  }
  return peak;
}
