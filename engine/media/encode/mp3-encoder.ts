import { AudioCloudError } from '@audiocloud/api/errors';
import { createMp3Encoder as loadLame } from 'wasm-media-encoders';
import { id3Tag } from './id3-tag.ts';
import { mp3InfoFrame } from './mp3-info.ts';
import type { EncoderOptions, PutBytes, SoundEncoder } from './sound-encoder.ts';

/**
 * MP3 of a constant bit rate, by LAME: an ID3v2.4 tag, a frame `Info`, the sound. With the length known the first bytes are final from
 * the start. [encode]
 */
export async function createMp3Encoder(
  options: EncoderOptions & { bitRate: number },
  put: PutBytes,
): Promise<SoundEncoder> {
  const { sampleRate, channels, bitRate } = options;
  if (channels !== 1 && channels !== 2)
    throw new AudioCloudError('INTERNAL', `Cannot encode MP3 of ${channels} channels: wanted 1 or 2`);
  const lame = await loadLame();
  lame.configure({ sampleRate, outputSampleRate: sampleRate as 44100, channels, bitrate: (bitRate / 1000) as 192 });
  const tag = id3Tag(options.tags);
  const head = (frames: number) => new Uint8Array([...tag, ...mp3InfoFrame(options, frames)]);
  let encoded = 0;
  let clippedSamples = 0;

  const clippedOf = (plane: Float32Array): number => {
    let count = 0;
    for (const sample of plane) if (!(Math.abs(sample) <= 1)) count++;
    return count;
  };
  put(head(options.frames ?? 0));
  return {
    encode(planes, first, frames) {
      const pieces = planes.slice(0, channels).map((plane) => plane.subarray(first, first + frames));
      for (const piece of pieces) clippedSamples += clippedOf(piece);
      put(lame.encode(pieces as [Float32Array]));
      encoded += frames;
    },
    end() {
      put(lame.finalize());
      return { clippedSamples, ...(encoded === options.frames ? {} : { head: head(encoded) }) };
    },
    free() {}, // its memory is its own, and goes with it
  };
}
