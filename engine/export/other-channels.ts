import { AudioCloudError } from '@audiocloud/api/errors';
import type { SoundPiece, SoundStream } from '../media/sound-stream.ts';

/**
 * The sound with another number of channels: mono is the mean of all, and goes to all. [decode]
 *
 * Throws CHANNELS_MISMATCH for anything else: only its maker knows where the channels of a surround sound belong.
 */
export function otherChannels(stream: SoundStream, channels: number): SoundStream {
  const { format } = stream;
  if (format.channels === channels) return stream;
  if (channels !== 1 && format.channels !== 1)
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot make ${channels} channels of ${format.channels}: wanted 1, or ${format.channels}; render a task with a bus for a mix of your own`,
      { channels, of: format.channels },
    );
  const convert = channels === 1 ? toMono : ({ planes, frames }: SoundPiece) => toAll(planes[0]!, frames, channels);
  return {
    format: { ...format, channels },
    async *pieces() {
      for await (const piece of stream.pieces()) yield convert(piece);
    },
  };
}

function toMono({ planes, frames }: SoundPiece): SoundPiece {
  const mean = new Float32Array(frames);
  const gain = 1 / planes.length;
  for (const plane of planes) for (let i = 0; i < frames; i++) mean[i] = mean[i]! + plane[i]! * gain;
  return { planes: [mean], frames };
}

const toAll = (plane: Float32Array, frames: number, channels: number): SoundPiece => ({
  planes: Array.from({ length: channels }, () => plane),
  frames,
});
