import { AudioCloudError } from '@audiocloud/api';
import { circularCorrelation, transform } from './fourier.ts';
import { PING_REPETITIONS, type Ping } from './ping.ts';

/** What came back of a ping. */
export interface MeasuredReturn {
  /** From a frame of the ping to the same frame in the recording. */
  roundTripFrames: number;
  /** Of what came back beside what was sent, between BAND_HERTZ. */
  gainDb: number;
  isReversed: boolean;
  /** What came back and is in no repetition the same, beside what of the ping came back. */
  noiseDb: number;
  /** 1: the repetitions were all alike. */
  confidence: number;
}

/** Where the level is measured: converters and transformers pass it evenly. */
const BAND_HERTZ = [300, 6000] as const;
/** Around the peak of the response lies what counts as the way through: frames before it, and all of it, a power of 2. */
const BEFORE = 64;
const WINDOW = 512;
/** Less than this is hum and crosstalk, or a knob that is closed. */
const LEAST_GAIN_DB = -66;
/** So far the peak of the response stands above the rest of it, in its mean level; of noise alone it is 13 dB. */
const LEAST_PEAK_DB = 20;
/** Of all that came back, averaged over the repetitions, at least so much is the way through. Of something else it is nothing. */
const LEAST_SHARE = 0.25;
/** The level is wanted to 0.1 dB: its error, as the repetitions show it, times three. */
const MOST_ERROR_DB = 0.1;
const CLIPPED = 0.999;
/** So many repetitions must be alike, of however many: others may have met a gap. */
const LEAST_ALIKE = 3;
/** Of the energy of the difference of two, beside that of the two that are most alike. */
const MOST_DIFFERENCE = 2;

const db = (gain: number) => 20 * Math.log10(gain);

function refuse(what: string, details?: Record<string, unknown>): never {
  throw new AudioCloudError('CALIBRATION_FAILED', `Cannot measure the round trip: ${what}`, details);
}

/**
 * Finds a ping in what was recorded from its first frame on, once or several times. Pure; each recording: ping.frames long.
 *
 * Noise does not move the result as long as it is not refused. Throws CALIBRATION_FAILED when too little comes back, when it
 * clips, when it is something else than the ping, or when too few of all repetitions are alike (details: isUnsteady; more
 * recordings may help).
 */
export function measureReturn(recordings: readonly Float32Array[], ping: Ping, sampleRate: number): MeasuredReturn {
  const { sequence, level } = ping;
  const { length } = sequence;
  let peak = 0;
  for (const recorded of recordings) peak = recorded.reduce((most, x) => Math.max(most, Math.abs(x)), peak);
  if (peak === 0) refuse('nothing comes back; look at the cables, at `sound` in the rack, and whether the unit is on');
  if (peak >= CLIPPED)
    refuse(`what comes back clips, at ${db(peak).toFixed(1)} dBFS; lower the level of the ping or the input`);

  // The first round of each is left out: in it, what is in between still fills.
  const all = recordings.flatMap((recorded) =>
    Array.from({ length: PING_REPETITIONS }, (_, r) => recorded.subarray((r + 1) * length, (r + 2) * length)),
  );
  const rounds = alike(all);
  const isFew = rounds.length < LEAST_ALIKE;
  const mean = new Float64Array(length);
  for (const round of rounds) for (let n = 0; n < length; n++) mean[n]! += round[n]! / rounds.length;
  const response = responseOf(mean, ping);
  let at = 0;
  for (let n = 1; n < length; n++) if (Math.abs(response[n]!) > Math.abs(response[at]!)) at = n;

  const window = new Float64Array(WINDOW);
  let throughEnergy = 0;
  for (let i = 0; i < WINDOW; i++) {
    window[i] = response[(at - BEFORE + i + length) % length]!;
    throughEnergy += window[i]! ** 2;
  }
  const constant = mean.reduce((sum, x) => sum + x, 0) / length;
  const energy = mean.reduce((sum, x) => sum + (x - constant) ** 2, 0) / length / level ** 2;
  const gain = bandGain(window, sampleRate);
  if (db(Math.sqrt(throughEnergy)) < LEAST_GAIN_DB && db(Math.sqrt(energy)) < LEAST_GAIN_DB)
    refuse(
      `too little comes back, ${db(Math.sqrt(energy)).toFixed(0)} dB beside what was sent; look at the cables, the levels, and whether the unit is on`,
      { isUnsteady: isFew },
    );
  const rest = Math.sqrt((response.reduce((sum, x) => sum + x * x, 0) - throughEnergy) / (length - WINDOW));
  const share = throughEnergy / energy;
  if (db(Math.abs(response[at]!) / rest) < LEAST_PEAK_DB || share < LEAST_SHARE)
    refuse(
      `what comes back is not what was sent (${(100 * Math.min(1, share)).toFixed(0)} % of it is); look at the cables and the return channels, and bypass what reverberates`,
      { isUnsteady: isFew },
    );

  const levels = rounds.map((round) => levelAt(round, ping, at));
  const average = levels.reduce((sum, x) => sum + x, 0) / levels.length;
  const spread =
    Math.sqrt(levels.reduce((sum, x) => sum + (x - average) ** 2, 0) / (levels.length - 1)) / Math.abs(average);
  const noise = Math.sqrt(
    rounds.reduce((sum, round) => sum + round.reduce((part, x, n) => part + (x - mean[n]!) ** 2, 0), 0) /
      (length * (rounds.length - 1)),
  );
  const errorDb = db(1 + (3 * spread) / Math.sqrt(rounds.length));
  const look = 'look whether blocks are missed, whether something else plays, and at noise';
  if (isFew)
    refuse(
      `the repetitions of the ping differ: ${rounds.length} of ${all.length} are alike, at least ${LEAST_ALIKE} were wanted; ${look}`,
      { isUnsteady: true },
    );
  if (errorDb > MOST_ERROR_DB)
    refuse(
      `the repetitions of the ping differ: their level is known to ${errorDb.toFixed(2)} dB, ${MOST_ERROR_DB} dB were wanted; ${look}`,
      { isUnsteady: true },
    );
  if (gain === 0 || db(gain) < LEAST_GAIN_DB)
    refuse('too little of the middle of the sound comes back; bypass filters of the unit');
  return {
    roundTripFrames: at,
    gainDb: db(gain),
    isReversed: response[at]! < 0,
    noiseDb: Math.max(-200, db(noise / level / Math.sqrt(throughEnergy))),
    confidence: Math.max(0, 1 - spread) * (rounds.length / all.length),
  };
}

/** The two repetitions that are most alike, beside what they hold, and those that differ as little from one of them. */
function alike(rounds: readonly Float32Array[]): Float32Array[] {
  const energies = rounds.map((round) => round.reduce((sum, x) => sum + x * x, 0));
  let best = { index: 0, energy: 0, share: Number.POSITIVE_INFINITY };
  for (const [i, first] of rounds.entries())
    for (const [j, other] of rounds.entries()) {
      if (j <= i) continue;
      const energy = difference(first, other);
      // silent ones are 0 / 0, and like none
      const share = energy / (energies[i]! + energies[j]!);
      if (share < best.share) best = { index: i, energy, share };
    }
  const first = rounds[best.index]!;
  // what is equal to the bit may differ in the last bits of others
  const most = MOST_DIFFERENCE * best.energy + 1e-9 * energies[best.index]!;
  return rounds.filter((round) => difference(first, round) <= most);
}

/** The energy of it. A loop: up to thousands of pairs of rounds are compared. */
function difference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += (a[n]! - b[n]!) ** 2;
  return sum;
}

/**
 * The impulse response of the way, from one round of what it gave.
 *
 * The sequence correlated with itself is N at 0 and -1 elsewhere, so c[k] = (N + 1) h[k] - sum of h, and the sum of c is that of h.
 * A constant voltage at the input adds the same to every h; their mean far from the peak takes it away.
 */
function responseOf(round: Float64Array, { sequence, level }: Ping): Float64Array {
  const { length } = sequence;
  const response = circularCorrelation(round, sequence);
  let sum = 0;
  for (let n = 0; n < length; n++) sum += response[n]!;
  for (let n = 0; n < length; n++) response[n] = (response[n]! + sum) / ((length + 1) * level);
  const median = Float64Array.from(response).sort()[length >> 1]!;
  for (let n = 0; n < length; n++) response[n]! -= median;
  return response;
}

/** How much of the ping, late by `lag`, is in one round. */
function levelAt(round: Float32Array, { sequence, level }: Ping, lag: number): number {
  const { length } = sequence;
  let sum = 0;
  for (let n = 0, from = lag === 0 ? 0 : length - lag; n < length; n++) {
    sum += round[n]! * sequence[from]!;
    from = from + 1 === length ? 0 : from + 1;
  }
  return sum / (length * level);
}

/** The mean gain of a response in the band where levels are measured. */
function bandGain(response: Float64Array, sampleRate: number): number {
  const re = Float64Array.from(response);
  const im = new Float64Array(WINDOW);
  transform(re, im);
  const [first, last] = BAND_HERTZ.map((hertz) => Math.round((hertz / sampleRate) * WINDOW)) as [number, number];
  let power = 0;
  for (let k = first; k <= last; k++) power += re[k]! ** 2 + im[k]! ** 2;
  return Math.sqrt(power / (last - first + 1));
}
