import { AudioCloudError } from '@audiocloud/api/errors';
import { type AudioData, allocateAudio, refuseTooLarge } from './audio-data.ts';
import type { MediaFile } from './media-file.ts';
import { readWavFormat, type WavFormat } from './wav-format.ts';

const CHUNK_FRAMES = 16384;

/**
 * Decodes a WAV file. Integers are divided by half their range, so 16 and 24 bits are exact in f32; float samples are
 * taken as they are. [decode]
 *
 * progress: called with the frames done, between chunks. Throws as readWavFormat; TOO_LARGE; MEDIA_DAMAGED at the first
 * sample that is no finite number, since one would silence every filter behind it.
 */
export function readWav(file: MediaFile, maxBytes: number, progress: (frames: number) => void): AudioData {
  const format = readWavFormat(file);
  refuseTooLarge(format.frames, format.channels, maxBytes);
  const audio = allocateAudio(format.sampleRate, format.channels, format.frames);
  const frameBytes = format.channels * (format.bits / 8);
  for (let first = 0; first < format.frames; first += CHUNK_FRAMES) {
    const frames = Math.min(CHUNK_FRAMES, format.frames - first);
    const bytes = file.read(format.dataOffset + first * frameBytes, frames * frameBytes);
    if (bytes.length < frames * frameBytes)
      throw new AudioCloudError(
        'MEDIA_DAMAGED',
        `Cannot read the WAV file: it became shorter while it was read, at frame ${first}`,
      );
    unpack(bytes, format, audio, first, frames);
    progress(first + frames);
  }
  return audio;
}

function unpack(bytes: Uint8Array<ArrayBuffer>, format: WavFormat, audio: AudioData, first: number, frames: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { channels, bits, encoding } = format;
  const sampleBytes = bits / 8;
  const stepBytes = channels * sampleBytes;
  for (let c = 0; c < channels; c++) {
    const out = audio.data[c]!;
    let at = c * sampleBytes;
    if (encoding === 'float') {
      for (let i = 0; i < frames; i++, at += stepBytes) {
        const value = bits === 32 ? view.getFloat32(at, true) : view.getFloat64(at, true);
        out[first + i] = value;
        if (!Number.isFinite(out[first + i])) throw notFinite(first + i, c);
      }
    } else if (bits === 8) {
      // 8-bit PCM alone is unsigned, with its zero at 128
      for (let i = 0; i < frames; i++, at += stepBytes) out[first + i] = (bytes[at]! - 128) / 128;
    } else if (bits === 16) {
      for (let i = 0; i < frames; i++, at += stepBytes) out[first + i] = view.getInt16(at, true) / 0x8000;
    } else if (bits === 24) {
      for (let i = 0; i < frames; i++, at += stepBytes)
        out[first + i] = ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 0x800000;
    } else {
      for (let i = 0; i < frames; i++, at += stepBytes) out[first + i] = view.getInt32(at, true) / 0x80000000;
    }
  }
}

const notFinite = (frame: number, channel: number) =>
  new AudioCloudError(
    'MEDIA_DAMAGED',
    `Cannot read the WAV file: frame ${frame} of channel ${channel} is no finite f32 number`,
    { frame, channel },
  );
