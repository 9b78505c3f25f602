import { db } from './signals.ts';

export const amplitude = (levelDb: number): number => 10 ** (levelDb / 20);

/**
 * A square wave of 40 frames whose level changes where a part begins: [frames, dB], ... Its size stands still, so that curves and
 * times of dynamics show bare.
 */
export function held(...parts: (readonly [number, number])[]): Float32Array {
  const signal = new Float32Array(parts.reduce((sum, [frames]) => sum + frames, 0));
  let n = 0;
  let end = 0;
  for (const [frames, levelDb] of parts) {
    const level = amplitude(levelDb);
    for (end += frames; n < end; n++) signal[n] = n % 40 < 20 ? level : -level;
  }
  return signal;
}

/** What was taken off each frame, in dB. */
export const taken = (input: Float32Array, output: Float32Array): Float64Array =>
  Float64Array.from(input, (x, n) => -db(output[n]! / x));

/** The worst difference, and where. */
export function worst(found: ArrayLike<number>, wanted: (n: number) => number, from = 0, to = found.length) {
  let difference = 0;
  let at = from;
  for (let n = from; n < to; n++) {
    const here = Math.abs(found[n]! - wanted(n));
    if (!(here <= difference)) [difference, at] = [here, n];
  }
  return { difference, text: `${difference} dB at frame ${at}: ${found[at]} dB, wanted ${wanted(at)} dB` };
}

/** Bursts of noise, so that attack and release both work; differently in each channel. */
export function bursts(channels: readonly Float32Array[]): Float32Array[] {
  return channels.map((channel, c) => channel.map((x, n) => x * (Math.floor(n / (700 + 100 * c)) % 2 ? 0.9 : 0.05)));
}

/** How many frames a way from 0 to 1 takes from 10 to 90 %; what a filter does where the level jumps, before the way, is not counted. */
export function riseFrames(share: Float64Array): number {
  const lastBelow = (bound: number) => share.findLastIndex((x) => x < bound);
  return lastBelow(0.9) - lastBelow(0.1);
}

/** How many frames a reduction takes from 10 to 90 % of its way up after frame `on`, and down after frame `off`. */
export function wayFrames(reduction: Float64Array, on: number, off: number): { up: number; down: number } {
  const full = reduction[off - 1]!;
  const share = (from: number, to: number) => reduction.subarray(from, to).map((x) => x / full);
  return { up: riseFrames(share(on, off)), down: riseFrames(share(off, reduction.length).map((x) => 1 - x)) };
}
