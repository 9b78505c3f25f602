/**
 * What makes edges and corners of ideal waveforms band limited: the difference between an ideal step (or corner) and
 * the same smoothed by a triangle of two frames.
 *
 * Cost: a division, a floor, 4 additions, and near the edge 1 multiplication, near the corner 3.
 *
 * Source: V. Välimäki and A. Huovilainen, "Antialiasing Oscillators in Subtractive Synthesis", IEEE Signal Processing
 * Magazine 24(2), 2007, polynomial BLEP; F. Esqueda, V. Välimäki and S. Bilbao, "Rounding Corners with BLAMP", DAFx 2016.
 */

/** Distance of `phase` from `edge` in frames, -0.5 / step to 0.5 / step: negative is before the edge. */
@inline function distance(phase: f64, edge: f64, step: f64): f64 {
  const cycles = phase - edge;
  return (cycles - Math.floor(cycles + 0.5)) / step;
}

/** To be added, times half the height, near a step at phase `edge` (0 to 1 cycle; `step` cycles per frame). [render] */
@inline export function polyBlep(phase: f64, edge: f64, step: f64): f64 {
  const d = distance(phase, edge, step);
  if (d >= 1.0 || d <= -1.0) return 0.0;
  if (d < 0.0) return (d + 1.0) * (d + 1.0);
  return -(1.0 - d) * (1.0 - d);
}

/** To be added, times the change of slope for one frame, near a corner at phase `edge`. [render] */
@inline export function polyBlamp(phase: f64, edge: f64, step: f64): f64 {
  const rest = 1.0 - Math.abs(distance(phase, edge, step));
  return rest > 0.0 ? rest * rest * rest * (1.0 / 6.0) : 0.0;
}
