import { resolve } from 'node:path';
import { type FoundStream, findStream } from './open-sound.ts';
import { readAiffFormat } from './aiff-format.ts';
import { readFlacInfo } from './flac-info.ts';
import { openMediaFile } from './media-file.ts';
import type { MediaFormat } from './media-format.ts';
import { openMedia } from './open-media.ts';
import { readWavFormat } from './wav-format.ts';

export interface MediaDescription {
  /** `foreign`: ffmpeg reads it. */
  format: MediaFormat | 'foreign';
  channels: number;
  frames: number;
  sampleRate: number;
}

/**
 * What a file holds. WAV, AIFF and FLAC are known by their headers, in a millisecond; the others, and FLAC of unknown length,
 * are decoded for it and so are in the cache afterwards. Throws as openMedia. [control]
 */
export async function describeMedia(path: string): Promise<MediaDescription> {
  const file = openMediaFile(resolve(path));
  let found: FoundStream;
  try {
    found = findStream(file);
    if ('format' in found) {
      const { format, offset } = found;
      if (format === 'wav' || format === 'aiff') {
        const { channels, frames, sampleRate } = format === 'wav' ? readWavFormat(file) : readAiffFormat(file);
        return { format, channels, frames, sampleRate };
      }
      if (format === 'flac') {
        const { channels, frames, sampleRate } = readFlacInfo(file, offset);
        if (frames > 0) return { format, channels, frames, sampleRate };
      }
    }
  } finally {
    file.close();
  }
  const { channels, frames, sampleRate } = await openMedia(path);
  return { format: 'format' in found ? found.format : 'foreign', channels, frames, sampleRate };
}
