/**
 * A low-pass of 6 dB per octave, and by difference the high-pass: the analog filter under the bilinear transform, -3.01 dB at its
 * corner. [render]
 *
 * Source: V. Zavalishin, "The Art of VA Filter Design", 2012, section 3.10: g = tan(pi cutoff), G = g / (1 + g),
 * v = G (x - s), low = v + s, s = low + v.
 * Cost: 1 multiplication, 3 additions.
 */
@inline export function onePole(x: f32, gain: f32, state: usize): f32 {
  const s = load<f32>(state);
  const v = gain * (x - s);
  const low = v + s;
  store<f32>(state, low + v);
  return low;
}

/** G for `cutoff` in cycles per frame, held below half of the rate. [any] */
export function onePoleGain(cutoff: f64): f32 {
  const g = Math.tan(Math.PI * Math.min(cutoff, 0.497)); // keeps tan below about 106
  return <f32>(g / (1.0 + g));
}
