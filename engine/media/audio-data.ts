import { AudioCloudError } from '@audiocloud/api/errors';

/**
 * Decoded sound, planar f32, full scale ±1. Read only: render threads and the cache hold the same memory.
 *
 * `data[c]` has exactly `frames` elements. All channels are views over one SharedArrayBuffer, so that a render thread
 * gets them without a copy; every channel begins on 16 bytes and is followed by zeros up to a multiple of 4 frames.
 */
export interface AudioData {
  sampleRate: number;
  channels: number;
  frames: number;
  data: Float32Array[];
}

/** Largest decoded piece of media, in bytes of f32 samples: about 93 minutes of stereo at 48 kHz. */
export const MAX_MEDIA_BYTES = 2 ** 31;

/** Zeroed memory for `frames` of `channels`. [any] */
export function allocateAudio(sampleRate: number, channels: number, frames: number): AudioData {
  const strideFrames = Math.ceil(frames / 4) * 4;
  const memory = new SharedArrayBuffer(Math.max(16, channels * strideFrames * 4));
  const data = Array.from({ length: channels }, (_, c) => new Float32Array(memory, c * strideFrames * 4, frames));
  return { sampleRate, channels, frames, data };
}

/** Throws TOO_LARGE when so many frames would need more than `maxBytes`. [any] */
export function refuseTooLarge(frames: number, channels: number, maxBytes: number): void {
  const bytes = frames * channels * 4;
  if (bytes <= maxBytes) return;
  throw new AudioCloudError(
    'TOO_LARGE',
    `Cannot hold the sound: ${frames} frames of ${channels} channels decode to ${bytes} bytes, at most ${maxBytes} are allowed; cut it into shorter files`,
    { bytes, maxBytes, frames, channels },
  );
}
