import type { MediaContainer } from '@audiocloud/api';
import { AudioCloudError } from '@audiocloud/api/errors';
import type { MediaFile } from './media-file.ts';
import type { Beat, SoundPiece, SoundStream } from './sound-stream.ts';
import { frameBytes, unpackSamples } from './unpack-samples.ts';
import type { WavFormat } from './wav-format.ts';

/** About 64 KiB of stereo, less of many channels. */
const PIECE_SAMPLES = 32768;
const NAMES: Partial<Record<MediaContainer, string>> = { wav: 'WAV', aiff: 'AIFF' };

/**
 * Uncompressed samples, as they lie in a file. [decode]
 *
 * Throws MEDIA_DAMAGED at the first sample that is no finite number, since one would silence every filter behind it.
 */
export function pcmStream(file: MediaFile, container: MediaContainer, layout: WavFormat, beat: Beat): SoundStream {
  const { channels, frames, sampleRate, encoding, bitDepth } = layout;
  const isLaw = encoding === 'alaw' || encoding === 'mulaw';
  const coding = isLaw
    ? encoding
    : encoding === 'float'
      ? `f${layout.bits}`
      : bitDepth <= 8 && container === 'wav'
        ? 'u8'
        : `s${layout.bits}`;
  return {
    format: {
      container,
      codec: `pcm_${coding}`,
      sampleRate,
      channels,
      frames,
      isLossy: isLaw,
      ...(isLaw ? {} : { bitDepth }),
    },
    async *pieces() {
      const most = Math.max(64, Math.floor(PIECE_SAMPLES / channels));
      for (let first = 0; first < frames; first += most) {
        yield pcmPiece(file, container, layout, first, Math.min(most, frames - first));
        beat();
      }
    },
  };
}

/** So many frames from one on; as pcmStream throws. [decode] */
export function pcmPiece(
  file: MediaFile,
  container: MediaContainer,
  layout: WavFormat,
  first: number,
  count: number,
): SoundPiece {
  const size = frameBytes(layout);
  const bytes = file.read(layout.dataOffset + first * size, count * size);
  const damaged = (what: string, details: Record<string, unknown>) =>
    new AudioCloudError('MEDIA_DAMAGED', `Cannot read the ${NAMES[container]} file: ${what}`, details);
  if (bytes.length < count * size)
    throw damaged(`it became shorter while it was read, at frame ${first}`, { frame: first });
  const planes = Array.from({ length: layout.channels }, () => new Float32Array(count));
  const wrong = unpackSamples(bytes, layout, planes, 0, count);
  if (wrong >= 0) {
    const channel = planes.findIndex((plane) => !Number.isFinite(plane[wrong]));
    throw damaged(`frame ${first + wrong} of channel ${channel} is no finite f32 number`, {
      frame: first + wrong,
      channel,
    });
  }
  return { planes, frames: count };
}
