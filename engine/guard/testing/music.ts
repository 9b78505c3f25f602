import { noise } from '../../../plugins/testing/signals.ts';

/*
 * Signals as instruments and voices give them, as abrupt as they come: what a guard must leave alone. All begin after silence.
 */

/** A drum set: kicks and rimshots that begin at their largest sample, snares, hats; each after silence. */
export function drums(sampleRate: number): Float32Array {
  const beat = Math.round(0.25 * sampleRate);
  const out = new Float32Array(9 * beat);
  const hiss = noise(beat, 11);
  const strokes: ((second: number, n: number) => number)[] = [
    // a kick, 150 to 45 Hz, from its crest on: one frame from silence to its peak
    (s) => Math.exp(-s / 0.08) * Math.cos(2 * Math.PI * (45 * s + 105 * 0.02 * (1 - Math.exp(-s / 0.02)))),
    (s, n) => Math.exp(-s / 0.02) * hiss[n]!, // hat
    (s, n) => Math.exp(-s / 0.1) * (0.5 * Math.cos(2 * Math.PI * 190 * s) + 0.5 * hiss[n]!), // snare
    (s) => Math.exp(-s / 0.003) * Math.cos(2 * Math.PI * 1700 * s), // rimshot
    (_, n) => (n === 0 ? 1 : 0), // the click of a metronome
    (s) => Math.exp(-s / 0.4) * Math.sin(2 * Math.PI * 32 * s), // a long low kick
    (_, n) => (n < 48 ? 1 : n < 96 ? -1 : 0), // a click of one period
    (s) => (s < 0.1 ? Math.sign(Math.sin(2 * Math.PI * 110 * s + 0.01)) : 0), // a square tone, cut off
  ];
  for (const [k, stroke] of strokes.entries())
    for (let n = 0; n < beat - Math.round(0.02 * sampleRate); n++) out[(k + 1) * beat + n] = stroke(n / sampleRate, n);
  return out;
}

/** Syllables of a deep voice: one-sided pulses through two resonances, with pauses and a plosive before each. */
export function speech(sampleRate: number): Float32Array {
  const out = new Float32Array(2 * sampleRate);
  const hiss = noise(out.length, 12);
  const resonators = [620, 1180].map((hertz) => ({ hertz, y1: 0, y2: 0 }));
  let pulse = 0;
  let before = 0;
  for (let n = 0; n < out.length; n++) {
    const second = n / sampleRate;
    const inSyllable = second % 0.4;
    const open = inSyllable < 0.25 ? Math.sin((Math.PI * inSyllable) / 0.25) : 0;
    pulse += (95 + 20 * Math.sin(2 * Math.PI * second)) / sampleRate;
    if (pulse >= 1) pulse -= 1;
    const flow = pulse < 0.5 ? Math.sin(Math.PI * 2 * pulse) ** 2 : 0;
    const plosive = inSyllable < 0.008 ? 0.5 * hiss[n]! : 0;
    let sample = 0;
    for (const one of resonators) {
      const r = Math.exp((-Math.PI * 90) / sampleRate);
      const y =
        open * (flow - before) + 2 * r * Math.cos((2 * Math.PI * one.hertz) / sampleRate) * one.y1 - r * r * one.y2;
      one.y2 = one.y1;
      one.y1 = y;
      sample += y;
    }
    before = flow;
    out[n] = 4 * sample + plosive;
  }
  return out;
}
