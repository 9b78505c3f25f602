/**
 * How the bands of a graphic equalizer reach into each other, and what undoes it. Matrices are f64, row by row. [control]
 *
 * A bell reaches into its neighbours: with every slider at 12 dB, bells of 12 dB would add up to far more. Of a bell the decibels at the
 * other centres grow nearly in step with its own gain; so the gains of the bells are those that, by this interaction at REACH_DB, add
 * up to the sliders at every centre.
 * Source: R. J. Oliver and J.-M. Jot, "Efficient Multi-Band Digital Audio Graphic Equalizer with Accurate Frequency Response Control",
 * AES 139, 2015.
 */

/** The gain at which the reach of the bells is taken: the worst errors of large and small settings are then alike. */
const REACH_DB: f64 = 8;

/**
 * Fills `matrix`, of count rows of 2 count, with the interaction and behind it the unit matrix.
 *
 * @param corners f64[count], tan(pi centre / sampleRate) of each band
 */
export function interactions(matrix: usize, corners: usize, count: u32, q: f64): void {
  const amplitude = Math.pow(10.0, REACH_DB / 40.0);
  for (let i: u32 = 0; i < count; i++) {
    for (let j: u32 = 0; j < count; j++) {
      const w = load<f64>(corners + (<usize>i << 3)) / load<f64>(corners + (<usize>j << 3));
      const real = (1.0 - w * w) * (1.0 - w * w);
      const over = (amplitude * w) / q;
      const under = w / (amplitude * q);
      const reach = (10.0 * Math.log10((real + over * over) / (real + under * under))) / REACH_DB;
      store<f64>(at(matrix, i, j, count), reach);
      store<f64>(at(matrix, i, j + count, count), i == j ? 1.0 : 0.0);
    }
  }
}

/** Gauss and Jordan: the left half becomes the unit matrix, the right half the inverse. Bells reach less far than they stand: no pivot. */
export function invert(matrix: usize, count: u32): void {
  for (let c: u32 = 0; c < count; c++) {
    const pivot = 1.0 / load<f64>(at(matrix, c, c, count));
    for (let j: u32 = 0; j < 2 * count; j++) {
      const place = at(matrix, c, j, count);
      store<f64>(place, load<f64>(place) * pivot);
    }
    for (let i: u32 = 0; i < count; i++) {
      if (i == c) continue;
      const share = load<f64>(at(matrix, i, c, count));
      for (let j: u32 = 0; j < 2 * count; j++) {
        const place = at(matrix, i, j, count);
        store<f64>(place, load<f64>(place) - share * load<f64>(at(matrix, c, j, count)));
      }
    }
  }
}

/** Row i of the inverse times f64[count] at `sliders`. [render] */
export function bellGain(matrix: usize, i: u32, count: u32, sliders: usize): f64 {
  let sum: f64 = 0;
  const row = at(matrix, i, count, count);
  for (let j: usize = 0; j < <usize>count << 3; j += 8) sum += load<f64>(row + j) * load<f64>(sliders + j);
  return sum;
}

@inline function at(matrix: usize, i: u32, j: u32, count: u32): usize {
  return matrix + (<usize>(i * 2 * count + j) << 3);
}
