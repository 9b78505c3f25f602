export interface SineFit {
  frequencyHz: number;
  amplitude: number;
  /** Everything that is not the sine, relative to it. */
  residualDb: number;
}

/** Least squares of a sine and a cosine at one frequency; the power that is left over. */
function fitAt(samples: ArrayLike<number>, perFrame: number): { amplitude: number; residual: number } {
  let [ss, cc, sc, xs, xc, xx] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const s = Math.sin(2 * Math.PI * perFrame * i);
    const c = Math.cos(2 * Math.PI * perFrame * i);
    const x = samples[i]!;
    ss += s * s;
    cc += c * c;
    sc += s * c;
    xs += x * s;
    xc += x * c;
    xx += x * x;
  }
  const determinant = ss * cc - sc * sc;
  const a = (xs * cc - xc * sc) / determinant;
  const b = (xc * ss - xs * sc) / determinant;
  return { amplitude: Math.hypot(a, b), residual: Math.max(0, xx - a * xs - b * xc) };
}

/** The sine that fits best within 1 % of `nearHz` (IEEE 1057 four-parameter fit, the frequency by golden section). */
export function fitSine(samples: ArrayLike<number>, sampleRate: number, nearHz: number): SineFit {
  const golden = (Math.sqrt(5) - 1) / 2;
  // the residual has one minimum only within about one cycle of the whole length
  const width = Math.min(0.01 * nearHz, (0.7 * sampleRate) / samples.length);
  let [low, high] = [nearHz - width, nearHz + width];
  const residual = (hz: number): number => fitAt(samples, hz / sampleRate).residual;
  while (high - low > 1e-7) {
    const [left, right] = [high - golden * (high - low), low + golden * (high - low)];
    if (residual(left) < residual(right)) high = right;
    else low = left;
  }
  const frequencyHz = (low + high) / 2;
  const fit = fitAt(samples, frequencyHz / sampleRate);
  const power = (fit.amplitude ** 2 * samples.length) / 2;
  return { frequencyHz, amplitude: fit.amplitude, residualDb: 10 * Math.log10(fit.residual / power + 1e-20) };
}
