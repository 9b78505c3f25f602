import type { OutputDepth, OutputTags, SettledOutput } from '@audiocloud/api';

/** What an encoder has to know before it begins. */
export interface EncoderOptions extends Omit<SettledOutput, 'format' | 'resampler'> {
  /** Frames that will be encoded; undefined: nobody knows, so that the head is written once more at the end. */
  frames: number | undefined;
  tags: OutputTags;
  /** Of the dither: same sound, same seed, same bytes. Files that are mixed again want different ones. */
  seed: number;
}

/** Of an encoder of integer samples. */
export interface IntegerOptions extends EncoderOptions {
  depth: OutputDepth;
}

/** What an encoder says at its end. */
export interface EncodedEnd {
  /** The first bytes of the file, where they differ from those that it gave at first. */
  head?: Uint8Array;
  clippedSamples: number;
}

/**
 * Turns planar f32 into the bytes of a file, piece by piece, with bounded memory. The bytes depend on samples and options alone,
 * not on how the sound is cut into calls. [encode]
 *
 * What it gives to `put` is copied before `put` returns.
 */
export interface SoundEncoder {
  /** `frames` frames of all channels from `first` on, at most MOST_ENCODED_FRAMES. */
  encode(planes: readonly Float32Array[], first: number, frames: number): void;
  /** Gives the rest. Nothing is encoded after it. */
  end(): EncodedEnd;
  /** Gives back what it holds outside of the heap of V8. May be called again. */
  free(): void;
}

/** Takes the next bytes of the file. */
export type PutBytes = (bytes: Uint8Array) => void;

export const MOST_ENCODED_FRAMES = 4096;
