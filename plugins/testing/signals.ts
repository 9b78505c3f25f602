/** Uniform noise, -1 to 1, the same for the same seed (mulberry32). */
export function noise(frames: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: frames }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2147483648 - 1;
  });
}

/** A sine that starts at zero, rising. */
export function sine(frames: number, hertz: number, sampleRate: number, amplitude = 1): Float32Array {
  return Float32Array.from({ length: frames }, (_, n) => amplitude * Math.sin((2 * Math.PI * hertz * n) / sampleRate));
}

/** 1 at frame `at`, else 0. */
export function impulse(frames: number, at = 0): Float32Array {
  const signal = new Float32Array(frames);
  signal[at] = 1;
  return signal;
}

/** The largest difference of two signals. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  // the most of anything and no number is no number
  for (let n = 0; n < a.length; n++) worst = Math.max(worst, Math.abs(a[n]! - b[n]!));
  return worst;
}

export const db = (gain: number): number => 20 * Math.log10(gain);
