import { AudioCloudError } from '@audiocloud/api/errors';
import { createMp3Encoder as loadLame } from 'wasm-media-encoders';
import { id3Tag } from './id3-tag.ts';
import { mp3InfoFrame } from './mp3-info.ts';
import { type EncoderOptions, MOST_ENCODED_FRAMES, type PutBytes, type SoundEncoder } from './sound-encoder.ts';

/**
 * LAME turns sound down at low bit rates, so that less of what it changes is clipped (presets.c, abr_switch_map). That would make a file
 * quieter than it says: it is undone.
 */
const scaleOf = (bitRate: number): number =>
  bitRate <= 176_000 ? 0.95 : bitRate <= 208_000 ? 0.97 : bitRate <= 240_000 ? 0.98 : 1;

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
  const gain = 1 / scaleOf(bitRate);
  const pieces = Array.from({ length: channels }, () => new Float32Array(MOST_ENCODED_FRAMES));
  let encoded = 0;
  let clippedSamples = 0;

  const prepare = (plane: Float32Array, first: number, frames: number, into: Float32Array) => {
    for (let i = 0; i < frames; i++) {
      const sample = plane[first + i]!;
      if (!(Math.abs(sample) <= 1)) clippedSamples++;
      into[i] = Number.isFinite(sample) ? sample * gain : 0;
    }
  };
  put(head(options.frames ?? 0));
  return {
    encode(planes, first, frames) {
      for (let c = 0; c < channels; c++) prepare(planes[c]!, first, frames, pieces[c]!);
      put(lame.encode(pieces.map((piece) => piece.subarray(0, frames)) as [Float32Array]));
      encoded += frames;
    },
    end() {
      put(lame.finalize());
      return { clippedSamples, ...(encoded === options.frames ? {} : { head: head(encoded) }) };
    },
    free() {}, // its memory is its own, and goes with it
  };
}
