import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { AudioCloudError } from '@audiocloud/api/errors';
import { OggOpusDecoder } from 'ogg-opus-decoder';
import type { AudioData } from './audio-data.ts';
import { feedFlac } from './flac-decoder.ts';
import type { MediaFile } from './media-file.ts';
import { checkOggPages } from './ogg-pages.ts';
import { collectSamples } from './sample-collector.ts';

const CHUNK_BYTES = 65536;
/**
 * Vorbis and Opus order the channels of a surround file in their own way (Vorbis I, 4.3.9; RFC 7845, 5.1.1.2): for each
 * channel in the order of WAV, where it lies. Other numbers are alike.
 */
const WAV_ORDER: Record<number, number[]> = {
  3: [0, 2, 1],
  5: [0, 2, 1, 3, 4],
  6: [0, 2, 1, 5, 3, 4],
  7: [0, 2, 1, 6, 5, 3, 4],
  8: [0, 2, 1, 7, 5, 6, 3, 4],
};
const NAMES = { 'ogg-vorbis': 'Vorbis', 'ogg-opus': 'Opus', 'ogg-flac': 'Ogg FLAC' };

/**
 * Decodes an Ogg file with one stream of Vorbis, Opus (always 48 kHz, its pre-skip taken away) or FLAC; channels in the
 * order of WAV. The length is that of the last granule position. [decode]
 *
 * Throws as checkOggPages, MEDIA_DAMAGED, TOO_LARGE.
 */
export async function decodeOgg(
  file: MediaFile,
  offset: number,
  format: keyof typeof NAMES,
  maxBytes: number,
  progress: (frames: number) => void,
): Promise<AudioData> {
  const name = `${NAMES[format]} file`;
  const first = file.read(offset, 512);
  const packet = offset + 27 + first[26]!;
  const granule = checkOggPages(file, offset, progress);
  const header = file.read(packet, 64);
  if (format === 'ogg-flac') {
    // Mapping of FLAC to Ogg (RFC 9639, section 10.1): 9 bytes, `fLaC`, STREAMINFO; its bits lie 20 bytes into the latter
    const flacChannels = ((header[29]! >> 1) & 7) + 1;
    const bits = (((header[29]! & 1) << 4) | (header[30]! >> 4)) + 1;
    const collector = collectSamples(name, flacChannels, maxBytes);
    await feedFlac(file, offset, bits, collector, progress);
    return exactLength(collector.finish(), granule, name);
  }
  // Vorbis I, 4.2.2: version u32 at 7, channels at 11. RFC 7845, 5.1: channels at 9, pre-skip u16 at 10.
  const isOpus = format === 'ogg-opus';
  const channels = header[isOpus ? 9 : 11] ?? 0;
  if (channels === 0)
    throw new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the ${name}: its header says 0 channels`);
  const collector = collectSamples(name, channels, maxBytes);
  const decoder = isOpus ? new OggOpusDecoder() : new OggVorbisDecoder();
  await decoder.ready;
  const take = (decoded: Awaited<ReturnType<typeof decoder.flush>>) => {
    if (decoded.errors.length > 0)
      throw new AudioCloudError(
        'MEDIA_DAMAGED',
        `Cannot decode the ${name}: ${decoded.errors[0]!.message}, near frame ${collector.frames}`,
      );
    const { channelData } = decoded;
    const ordered = WAV_ORDER[channelData.length]?.map((from) => channelData[from]!) ?? channelData;
    collector.add(ordered, decoded.samplesDecoded, decoded.sampleRate);
    progress(collector.frames);
  };
  for (let at = offset; at < file.sizeBytes; at += CHUNK_BYTES) take(await decoder.decode(file.read(at, CHUNK_BYTES)));
  take(await decoder.flush());
  decoder.free();
  return exactLength(collector.finish(), isOpus ? granule - (header[10]! | (header[11]! << 8)) : granule, name);
}

/**
 * A stream cut out of a longer one begins at a later position, so there may be fewer frames than the position says;
 * there are never more, the last block is cut there.
 */
function exactLength(audio: AudioData, frames: number, name: string): AudioData {
  if (frames < 0)
    throw new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the ${name}: its last position is negative`);
  if (audio.frames <= frames) return audio;
  return { ...audio, frames, data: audio.data.map((samples) => samples.fill(0, frames).subarray(0, frames)) };
}
