import { maximumLengthSequence, type SequenceOrder } from './maximum-length-sequence.ts';

/** How often it is measured, after one round that only fills what is in between. */
export const PING_REPETITIONS = 6;
const ROUNDS = PING_REPETITIONS + 1;

/** A ping: a sequence of noise, played round after round. */
export interface Ping {
  /** One round at a level of 1: each sample 1 or -1. */
  sequence: Float32Array;
  /** What is played. */
  sound: Float32Array;
  /** Linear peak, which is its mean level as well. */
  level: number;
  /** Frames to record from its first frame on. */
  frames: number;
}

/** A round lasts 0.68 s at 48 kHz and 192 kHz, 0.74 s at 44.1 kHz: the longest round trip that can be told. */
const orderFor = (sampleRate: number): SequenceOrder => (sampleRate > 50_000 ? 17 : 15);

/**
 * The ping that measures what sound goes through.
 *
 * levelDb: of full scale, below 0. order: other than what fits the sample rate.
 */
export function makePing(sampleRate: number, levelDb: number, order: SequenceOrder = orderFor(sampleRate)): Ping {
  const sequence = maximumLengthSequence(order);
  const level = 10 ** (levelDb / 20);
  const sound = new Float32Array(ROUNDS * sequence.length);
  for (let n = 0; n < sound.length; n++) sound[n] = level * sequence[n % sequence.length]!;
  return { sequence, sound, level, frames: sound.length };
}
