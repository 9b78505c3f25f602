import { AudioCloudError } from '@audiocloud/api/errors';

export interface QuantiserOptions {
  channels: number;
  /** 8 to 32. */
  bits: number;
  dither: 'none' | 'tpdf' | 'shaped';
  isSilenceKept: boolean;
  sampleRate: number;
  seed: number;
}

/**
 * Filter of the error for shaped dither, at 44.1 and 48 kHz. Noise is moved by 1 - sum of c[k] z^-(k+1), which lies where the ear
 * hears least: F-weighted, 9 taps.
 * Source: R. A. Wannamaker, Psychoacoustically optimal noise shaping, JAES 40 (1992), table 3.
 */
export const SHAPING = [2.412, -3.37, 3.937, -4.174, 3.353, -2.205, 1.281, -0.569, 0.0847] as const;
/** The curve holds for these: at other rates its peak would lie elsewhere. */
const SHAPED_RATES = [40000, 50000] as const;
const SILENCE_SECONDS = 0.05;

/** Rounds f32 to integers. */
export interface SampleQuantiser {
  /** Samples that did not fit the integers so far. */
  readonly clippedSamples: number;
  /** Writes `frames` of all channels from `first` on, interleaved, to `into`. */
  quantise(planes: readonly Float32Array[], first: number, frames: number, into: Int32Array): void;
}

/** true where `shaped` is more than `tpdf`. [any] */
export const hasShaping = (sampleRate: number): boolean =>
  sampleRate >= SHAPED_RATES[0] && sampleRate <= SHAPED_RATES[1];

/**
 * A quantiser for one file. [any]
 *
 * tpdf adds triangular noise of ±1 step, which makes mean and variance of the error independent of the signal: S. P. Lipshitz,
 * R. A. Wannamaker, J. Vanderkooy, Quantization and dither, JAES 40 (1992). shaped takes the error of the samples before through
 * SHAPING. The noise begins at `seed`: the same sound gives the same integers, however it is cut into calls. 32 bits are beyond f32
 * and never dithered.
 *
 * Samples that are no finite numbers become 0; they count as clipped.
 */
export function createSampleQuantiser(options: QuantiserOptions): SampleQuantiser {
  const { channels, bits, isSilenceKept, sampleRate, seed } = options;
  if (!(bits >= 8 && bits <= 32))
    throw new AudioCloudError('INTERNAL', `Cannot quantise to ${bits} bits: wanted 8 to 32`);
  const dither =
    bits === 32 ? 'none' : options.dither === 'shaped' && !hasShaping(sampleRate) ? 'tpdf' : options.dither;
  const isDithered = dither !== 'none';
  const taps = dither === 'shaped' ? SHAPING.length : 0;
  const scale = 2 ** (bits - 1);
  const silenceFrames = isSilenceKept ? Math.round(SILENCE_SECONDS * sampleRate) : Number.POSITIVE_INFINITY;
  /** Errors of the last frames of each channel, newest first. */
  const errors = Array.from({ length: channels }, () => new Float64Array(SHAPING.length));
  let clipped = 0;
  let zeroFrames = 0;
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  // xorshift32: G. Marsaglia, Xorshift RNGs, Journal of Statistical Software 8 (2003)
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const held = (value: number): number => {
    if (value < scale && value >= -scale) return value;
    clipped++;
    return value >= scale ? scale - 1 : value < -scale ? -scale : 0;
  };
  const isZero = (planes: readonly Float32Array[], i: number) => {
    for (let c = 0; c < channels; c++) if (planes[c]![i] !== 0) return false;
    return true;
  };
  const shaped = (sample: number, past: Float64Array): number => {
    let wanted = sample;
    for (let k = 0; k < taps; k++) wanted -= SHAPING[k]! * past[k]!;
    const value = Math.round(wanted + uniform() - uniform());
    past.copyWithin(1, 0);
    const error = value - wanted;
    past[0] = Number.isFinite(error) ? error : 0; // what is no number is heard once, not for ever
    return value;
  };
  const quantiseFrame = (planes: readonly Float32Array[], i: number, into: Int32Array, at: number) => {
    for (let c = 0; c < channels; c++) {
      const sample = planes[c]![i]! * scale;
      const value =
        taps > 0 ? shaped(sample, errors[c]!) : Math.round(isDithered ? sample + (uniform() - uniform()) : sample);
      into[at + c] = held(value);
    }
  };
  return {
    get clippedSamples() {
      return clipped;
    },
    quantise(planes, first, frames, into) {
      for (let i = 0, at = 0; i < frames; i++, at += channels) {
        if (isSilenceKept) {
          zeroFrames = isZero(planes, first + i) ? zeroFrames + 1 : 0;
          if (zeroFrames > silenceFrames) {
            into.fill(0, at, at + channels);
            if (zeroFrames === silenceFrames + 1) for (const past of errors) past.fill(0);
            continue;
          }
        }
        quantiseFrame(planes, first + i, into, at);
      }
    },
  };
}
