import { resolve } from 'node:path';
import { findStream } from './decode-media.ts';
import { readFlacInfo } from './flac-info.ts';
import { openMediaFile } from './media-file.ts';
import type { MediaFormat } from './media-format.ts';
import { openMedia } from './open-media.ts';
import { readWavFormat } from './wav-format.ts';

export interface MediaDescription {
  format: MediaFormat;
  channels: number;
  frames: number;
  sampleRate: number;
}

/**
 * What a file holds. WAV and FLAC are known by their headers, in a millisecond; the others, and FLAC of unknown length,
 * are decoded for it and so are in the cache afterwards. Throws as openMedia. [control]
 */
export async function describeMedia(path: string): Promise<MediaDescription> {
  const file = openMediaFile(resolve(path));
  let format: MediaFormat;
  try {
    const found = findStream(file);
    format = found.format;
    if (format === 'wav') {
      const { channels, frames, sampleRate } = readWavFormat(file);
      return { format, channels, frames, sampleRate };
    }
    if (format === 'flac') {
      const { channels, frames, sampleRate } = readFlacInfo(file, found.offset);
      if (frames > 0) return { format, channels, frames, sampleRate };
    }
  } finally {
    file.close();
  }
  const { channels, frames, sampleRate } = await openMedia(path);
  return { format, channels, frames, sampleRate };
}
