import { createHash } from 'node:crypto';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { AudioCloudError } from '@audiocloud/api/errors';
import { type AudioData, refuseTooLarge } from './audio-data.ts';
import { readFlacInfo } from './flac-info.ts';
import type { MediaFile } from './media-file.ts';
import { collectSamples } from './sample-collector.ts';

const CHUNK_BYTES = 65536;

/**
 * Decodes a FLAC stream that begins at `offset`, bit-exact: f32 is the integer divided by half its range. [decode]
 *
 * Throws MEDIA_DAMAGED when a frame cannot be decoded, when there are not as many frames as the header says, or when the
 * MD5 of the samples is not the one in the header; TOO_LARGE.
 */
export async function decodeFlac(
  file: MediaFile,
  offset: number,
  maxBytes: number,
  progress: (frames: number) => void,
): Promise<AudioData> {
  const info = readFlacInfo(file, offset);
  refuseTooLarge(info.frames, info.channels, maxBytes);
  const collector = collectSamples('FLAC file', info.channels, maxBytes);
  await feedFlac(file, offset, info.bits, collector, progress);
  if (info.frames !== 0 && collector.frames !== info.frames)
    throw damaged(`the header says ${info.frames} frames, ${collector.frames} could be decoded`);
  const audio = collector.finish();
  // More than 24 bits do not fit f32, so their integers cannot be had back.
  if (info.md5 && info.bits <= 24 && md5OfSamples(audio, info.bits, progress) !== info.md5)
    throw damaged('its samples do not have the MD5 of its header');
  return audio;
}

/** Sends a FLAC or Ogg FLAC stream through the decoder into `collector`. [decode] */
export async function feedFlac(
  file: MediaFile,
  offset: number,
  bits: number,
  collector: ReturnType<typeof collectSamples>,
  progress: (frames: number) => void,
): Promise<void> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  // This decoder divides by the largest positive integer (32767 for 16 bits), everything else here by half the range.
  const largest = 2 ** (bits - 1) - 1;
  const half = 2 ** (bits - 1);
  const take = (decoded: Awaited<ReturnType<typeof decoder.decode>>) => {
    if (decoded.errors.length > 0) throw damaged(`${decoded.errors[0]!.message}, near frame ${collector.frames}`);
    for (const samples of decoded.channelData)
      for (let i = 0; i < samples.length; i++) samples[i] = Math.round(samples[i]! * largest) / half;
    collector.add(decoded.channelData, decoded.samplesDecoded, decoded.sampleRate);
    progress(collector.frames);
  };
  for (let at = offset; at < file.sizeBytes; at += CHUNK_BYTES) take(await decoder.decode(file.read(at, CHUNK_BYTES)));
  take(await decoder.flush());
  decoder.free();
}

/** The MD5 of STREAMINFO: interleaved little-endian integers in whole bytes (RFC 9639, section 8.2). */
function md5OfSamples({ data, channels, frames }: AudioData, bits: number, progress: (frames: number) => void): string {
  const hash = createHash('md5');
  const half = 2 ** (bits - 1);
  const sampleBytes = Math.ceil(bits / 8);
  for (let first = 0; first < frames; first += 16384) {
    const count = Math.min(16384, frames - first);
    const bytes = new Uint8Array(count * channels * sampleBytes);
    let at = 0;
    for (let i = first; i < first + count; i++) {
      for (let c = 0; c < channels; c++) {
        const value = data[c]![i]! * half;
        for (let b = 0; b < sampleBytes; b++) bytes[at++] = value >> (8 * b);
      }
    }
    hash.update(bytes);
    progress(first);
  }
  return hash.digest('hex');
}

const damaged = (what: string) => new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the FLAC file: ${what}`);
