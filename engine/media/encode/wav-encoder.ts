import type { OutputDepth } from '@audiocloud/api';
import { bytesOfSample, type WavBits, wavHeader } from '../wav-header.ts';
import { riffInfo } from './riff-info.ts';
import { createSampleQuantiser } from './sample-quantiser.ts';
import { type IntegerOptions, MOST_ENCODED_FRAMES, type PutBytes, type SoundEncoder } from './sound-encoder.ts';

const BITS: Record<OutputDepth, WavBits> = { s16: '16', s24: '24', s32: '32', f32: '32f' };

/**
 * WAV; RF64 where it becomes longer than 4 GiB. Tags stand behind the samples in a chunk LIST INFO. The header is final from the
 * start when the number of frames is known. [encode]
 */
export function createWavEncoder(options: IntegerOptions, put: PutBytes): SoundEncoder {
  const { sampleRate, channels, depth } = options;
  const bits = BITS[depth];
  const sampleBytes = bytesOfSample(bits);
  const info = riffInfo(options.tags);
  const head = (frames: number) => wavHeader(sampleRate, channels, bits, frames, info.length);
  const bytes = new Uint8Array(MOST_ENCODED_FRAMES * channels * sampleBytes);
  const view = new DataView(bytes.buffer);
  const quantiser = createSampleQuantiser({ ...options, bits: sampleBytes * 8 });
  const integers = new Int32Array(MOST_ENCODED_FRAMES * channels);
  let encoded = 0;

  const packFloats = (planes: readonly Float32Array[], first: number, frames: number) => {
    let at = 0;
    for (let i = first; i < first + frames; i++)
      for (let c = 0; c < channels; c++, at += 4) view.setFloat32(at, planes[c]![i]!, true);
  };
  const packIntegers = (count: number) => {
    if (sampleBytes === 2) for (let i = 0; i < count; i++) view.setInt16(2 * i, integers[i]!, true);
    else if (sampleBytes === 4) for (let i = 0; i < count; i++) view.setInt32(4 * i, integers[i]!, true);
    else
      for (let i = 0, at = 0; i < count; i++, at += 3) {
        const value = integers[i]!;
        bytes[at] = value;
        bytes[at + 1] = value >> 8;
        bytes[at + 2] = value >> 16;
      }
  };
  put(head(options.frames ?? 0));
  return {
    encode(planes, first, frames) {
      if (depth === 'f32') packFloats(planes, first, frames);
      else {
        quantiser.quantise(planes, first, frames, integers);
        packIntegers(frames * channels);
      }
      encoded += frames;
      put(bytes.subarray(0, frames * channels * sampleBytes));
    },
    end() {
      if ((encoded * channels * sampleBytes) % 2 === 1) put(new Uint8Array(1)); // chunks are padded to even
      put(info);
      const { clippedSamples } = quantiser;
      return { clippedSamples, ...(encoded === options.frames ? {} : { head: head(encoded) }) };
    },
    free() {},
  };
}
