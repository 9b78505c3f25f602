import type { MediaContainer } from '@audiocloud/api';

/** What a file of sound is, as far as it is known before it is decoded. */
export interface SoundFormat {
  container: MediaContainer;
  codec: string;
  sampleRate: number;
  channels: number;
  isLossy: boolean;
  bitDepth?: number;
  hasVideo?: boolean;
  /** Exact: the pieces have so many frames together, or throw. */
  frames?: number;
  /** About: to tell how far it is. */
  expectedFrames?: number;
}

/** Consecutive frames, planar, full scale ±1. The arrays are the receiver's own. */
export interface SoundPiece {
  planes: Float32Array[];
  frames: number;
}

/**
 * Sound that is decoded while it is asked for, in memory that does not grow with its length. Channels in the order of WAV, delay and
 * padding of the encoder taken away.
 */
export interface SoundStream {
  format: SoundFormat;
  /** Once. Throws MEDIA_DAMAGED where it cannot go on; ending it early ends the decoder. */
  pieces(): AsyncGenerator<SoundPiece, void>;
}

/** Says that the decoder is at work: called for some 64 KiB of input each. */
export type Beat = () => void;
