/** Amplitude of one frequency in the middle of the signal, away from both ends, by projection under a Hann window. */
export function toneLevel(samples: Float32Array, sampleRate: number, hz: number): number {
  const from = Math.floor(samples.length / 4);
  const count = Math.floor(samples.length / 2);
  let re = 0;
  let im = 0;
  let weight = 0;
  for (let i = 0; i < count; i++) {
    const w = 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / count);
    const phase = (2 * Math.PI * hz * (from + i)) / sampleRate;
    re += w * samples[from + i]! * Math.cos(phase);
    im += w * samples[from + i]! * Math.sin(phase);
    weight += w;
  }
  return (2 * Math.hypot(re, im)) / weight;
}

/** Of the middle of the signal, against a sine of full scale. */
export function levelDb(samples: Float32Array): number {
  const middle = samples.subarray(samples.length >> 2, (3 * samples.length) >> 2);
  return 10 * Math.log10((2 * middle.reduce((sum, x) => sum + x * x, 0)) / middle.length + 1e-30);
}
