/**
 * The gain of a note's velocity (1 to 127): (velocity / 127)^(2 amount), which is amount 40 log10(velocity / 127) dB. [render]
 * Source: MIDI Manufacturers Association, "DLS Level 1", velocity to attenuation: the law of amount 1.
 *
 * @param amount 0 (every velocity is 1) to 1
 */
@inline export function velocityGain(velocity: u32, amount: f64): f64 {
  return Math.pow(<f64>velocity * (1.0 / 127.0), 2.0 * amount);
}
