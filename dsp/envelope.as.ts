/**
 * A one-pole follower with a time to rise and a time to fall: after `seconds` 63.2 % (1 - 1/e) of a step is done.
 * Smooth, and decoupled as in the "smooth branching" peak detector of D. Giannoulis, M. Massberg and J. D. Reiss,
 * "Digital Dynamic Range Compressor Design", J. Audio Eng. Soc. 60(6), 2012, eq. 16.
 * Cost of a frame: a comparison, a multiplication, two additions, each waiting for the
 * one before (6.5 ns, measured in a loop of its own); of a time, an exponential.
 *
 * 0 value f64 · 8 rise f64 · 16 fall f64
 */
@final
@unmanaged
export class Envelope {
  value: f64;
  rise: f64;
  fall: f64;

  @inline setRise(seconds: f64, sampleRate: f64): void {
    this.rise = envelopeRate(seconds, sampleRate);
  }

  @inline setFall(seconds: f64, sampleRate: f64): void {
    this.fall = envelopeRate(seconds, sampleRate);
  }

  /** One frame on towards `target`. [render] */
  @inline next(target: f64): f64 {
    const rate = target > this.value ? this.rise : this.fall;
    this.value += rate * (target - this.value);
    return this.value;
  }
}

/** Share of the way done in one frame; 0 seconds is at once. [any] */
export function envelopeRate(seconds: f64, sampleRate: f64): f64 {
  return seconds > 0.0 ? 1.0 - Math.exp(-1.0 / (seconds * sampleRate)) : 1.0;
}
