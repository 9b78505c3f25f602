import { BAR_STEPS, LOOP_FRAMES, SAMPLE_RATE, STEP_FRAMES, SWING_FRAMES } from './score.ts';

/** Sound of a number of bars; what is added past its end lands at its start, so the seam cannot be heard. */
export type Ring = Float64Array;

export const createRing = (bars: number): Ring => new Float64Array(bars * BAR_STEPS * STEP_FRAMES);

/** First frame of a place in the piece, with swing. */
export function frameOfStep(step: number): number {
  const isLate = Math.floor(step) % 2 === 1;
  return Math.round(step * STEP_FRAMES) + (isLate ? SWING_FRAMES : 0);
}

/** Adds `frames` frames of a voice from `first` on. voice(i) is called once for each frame, in order. */
export function addVoice(ring: Ring, first: number, frames: number, voice: (i: number) => number): void {
  for (let i = 0; i < frames; i++) ring[(first + i) % ring.length]! += voice(i);
}

/** Runs an effect over the loop as if it had always played: two rounds in, one round out. */
export function throughEffect(ring: Ring, effect: (x: number) => number): Ring {
  for (let i = 0; i < ring.length; i++) effect(ring[i]!);
  return ring.map(effect);
}

/** Echoes of `frames`, darker each time; `feedback` below 1. */
export function createEcho(frames: number, feedback: number, wet: number): (x: number) => number {
  const line = new Float64Array(frames);
  let at = 0;
  let dark = 0;
  return (x) => {
    const y = line[at]!;
    dark += 0.35 * (y - dark);
    line[at] = x + feedback * dark;
    at = (at + 1) % frames;
    return x + wet * y;
  };
}

/**
 * A small room: four delay lines of unrelated lengths, mixed by a Hadamard matrix (J.-M. Jot, Digital delay networks for
 * designing artificial reverberators, AES 90, 1991).
 */
export function createRoom(seconds: number, wet: number, offset = 0): (x: number) => number {
  const lengths = [1493, 1811, 2273, 2767].map((n) => n + offset);
  const lines = lengths.map((n) => new Float64Array(n));
  const gains = lengths.map((n) => 10 ** ((-3 * n) / (seconds * SAMPLE_RATE)));
  const at = [0, 0, 0, 0];
  const dark = [0, 0, 0, 0];
  return (x) => {
    const [a, b, c, d] = lines.map((line, k) => line[at[k]!]!) as [number, number, number, number];
    const mixed = [a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d];
    for (let k = 0; k < 4; k++) {
      dark[k]! += 0.4 * (0.5 * mixed[k]! * gains[k]! - dark[k]!);
      lines[k]![at[k]!] = x + dark[k]!;
      at[k] = (at[k]! + 1) % lengths[k]!;
    }
    return x + wet * (a + b - c + d);
  };
}

/** A slow sine that has whole periods in the loop. */
export const slow = (periods: number) => (frame: number) => Math.sin((2 * Math.PI * periods * frame) / LOOP_FRAMES);
