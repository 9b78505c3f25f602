import { RealFft, spectrumBytes } from '../../dsp/fft.as';
import { sineOfPhase } from '../../dsp/sine.as';

/**
 * Moves the peaks of a spectrum: each peak, with what surrounds it up to half way to the next, goes to `ratio` times its frequency.
 *
 * The frequency of a peak follows from how far its phase came in a hop; its bins move by a whole number of them, and the
 * rest of the way is a turn of their phase that goes on from hop to hop, counted at the middle of the window. What that
 * costs in height, at most 1 dB half way between two bins, is made up for.
 * Source: J. Laroche and M. Dolson, "New Phase-Vocoder Techniques for Pitch-Shifting, Harmonizing and Other Exotic Effects",
 * WASPAA 1999.
 *
 * State of a channel, f32: real parts of the spectrum before, imaginary parts, turns (cycles) of each bin; rows of half + 4
 */
export function peakStateBytes(size: u32): usize {
  return spectrumBytes(size) + (spectrumBytes(size) >> 1);
}

/** Moves `bins` to `moved`; both are spectra of `fft`, four hops to a window. [render] */
export function shiftPeaks(fft: RealFft, bins: usize, moved: usize, state: usize, ratio: f64): void {
  const half = fft.half;
  const row = spectrumBytes(fft.size) >> 1;
  const turns = state + 2 * row;
  memory.fill(moved, 0, 2 * row);
  let peak = nextPeak(bins, row, half, 0);
  let first: u32 = 0;
  while (peak <= half) {
    const next = nextPeak(bins, row, half, peak + 1);
    const last = next <= half ? (peak + next) >> 1 : half;
    const place = placeOf(bins, state, row, peak);
    const way = (ratio - 1.0) * place; // in bins
    const whole = <i32>Math.round(way);
    const before = <f64>load<f32>(turns + (<usize>peak << 2));
    let turn = before + way * 0.25; // a hop is a quarter of the window
    turn -= Math.floor(turn);
    if (ratio == 1.0) turn = 0;
    const gain = (whole & 1 ? -1.0 : 1.0) / heightOf(way - <f64>whole);
    const re = <f32>(gain * sineOfPhase(turn + 0.25));
    const im = <f32>(gain * sineOfPhase(turn));
    for (let k = first; k <= last; k++) {
      const at = <usize>k << 2;
      store<f32>(turns + at, <f32>turn);
      const to = <i32>k + whole;
      if (to < 0 || to > <i32>half) continue;
      const x = load<f32>(bins + at);
      const y = load<f32>(bins + row + at);
      const out = moved + (<usize>to << 2);
      store<f32>(out, load<f32>(out) + (x * re - y * im));
      store<f32>(out + row, load<f32>(out + row) + (x * im + y * re));
    }
    first = last + 1;
    peak = next;
  }
  memory.copy(state, bins, 2 * row);
}

@inline function power(bins: usize, row: usize, k: i32): f32 {
  const at = bins + (<usize>k << 2);
  const re = load<f32>(at);
  const im = load<f32>(at + row);
  return re * re + im * im;
}

/** The next bin from `from` on that is higher than two on each side; beyond `half` there is none. */
function nextPeak(bins: usize, row: usize, half: u32, from: u32): u32 {
  for (let k = <i32>from; k <= <i32>half; k++) {
    const here = power(bins, row, k);
    if (here == 0) continue;
    if (k > 0 && power(bins, row, k - 1) >= here) continue;
    if (k > 1 && power(bins, row, k - 2) >= here) continue;
    if (k < <i32>half && power(bins, row, k + 1) > here) continue;
    if (k + 1 < <i32>half && power(bins, row, k + 2) > here) continue;
    return <u32>k;
  }
  return half + 1;
}

/** Where a peak really is, in bins: by how far its phase came since the spectrum before, 0.5 of a bin or less from its own. */
function placeOf(bins: usize, state: usize, row: usize, k: u32): f64 {
  if (k == 0) return 0;
  const at = <usize>k << 2;
  const now = Math.atan2(<f64>load<f32>(bins + row + at), <f64>load<f32>(bins + at));
  const before = Math.atan2(<f64>load<f32>(state + row + at), <f64>load<f32>(state + at));
  let cycles = (now - before) * (0.5 / Math.PI) - 0.25 * <f64>k;
  cycles -= Math.floor(cycles + 0.5);
  const off = 4.0 * cycles;
  return <f64>k + (off > 1.0 || off < -1.0 ? 0.0 : off); // a new sound has no phase before
}

/**
 * How high a sine is after windows of Hann, twice, when it is off by `bins` (at most 0.5) within each: the transform of the square
 * of the window, 3/8 + 1/2 cos + 1/8 cos 2, over its value at 0.
 */
function heightOf(bins: f64): f64 {
  if (Math.abs(bins) < 1e-4) return 1.0;
  const square = bins * bins;
  const sum = 0.375 - (0.5 * square) / (square - 1.0) + (0.125 * square) / (square - 4.0);
  return (sineOfPhase(0.5 * bins) / (Math.PI * bins)) * (sum / 0.375);
}
