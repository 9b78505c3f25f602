import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { AudioCloudError } from '@audiocloud/api/errors';
import { OggOpusDecoder } from 'ogg-opus-decoder';
import { flacPieces } from './flac-stream.ts';
import type { MediaFile } from './media-file.ts';
import { checkOggPages } from './ogg-pages.ts';
import type { Beat, SoundFormat, SoundPiece, SoundStream } from './sound-stream.ts';

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
/** Of its mapping family 1 (RFC 7845, 5.1.1.2). */
const MOST_OPUS_CHANNELS = 8;
const NAMES = { 'ogg-vorbis': 'Vorbis', 'ogg-opus': 'Opus', 'ogg-flac': 'Ogg FLAC' };
export type OggFormat = keyof typeof NAMES;

/**
 * An Ogg file with one stream of Vorbis, Opus (always 48 kHz, its pre-skip taken away) or FLAC; channels in the order of WAV.
 * The length is that of the last granule position. [decode]
 *
 * Throws as checkOggPages, MEDIA_DAMAGED.
 */
export function oggStream(file: MediaFile, offset: number, kind: OggFormat, beat: Beat): SoundStream {
  const damaged = (what: string) =>
    new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the ${NAMES[kind]} file: ${what}`);
  const first = file.read(offset, 512);
  const packet = offset + 27 + first[26]!;
  const header = file.read(packet, 64);
  if (header.length < 19) throw damaged('its header is cut off');
  const view = new DataView(header.buffer);
  const granule = checkOggPages(file, offset, beat);
  const isOpus = kind === 'ogg-opus';
  // RFC 7845, 5.1: channels at 9, pre-skip u16 at 10, gain at 16. Vorbis I, 4.2.2: channels at 11, rate u32 at 12.
  const frames = isOpus ? granule - view.getUint16(10, true) : granule;
  if (frames < 0) throw damaged('its last position is negative');
  const flac = kind === 'ogg-flac' ? flacHeader(header) : undefined;
  const channels = flac?.channels ?? header[isOpus ? 9 : 11]!;
  const sampleRate = flac?.sampleRate ?? (isOpus ? 48000 : view.getUint32(12, true));
  if (isOpus && channels > MOST_OPUS_CHANNELS)
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot decode the Opus file: it has ${channels} channels, at most ${MOST_OPUS_CHANNELS} are read`,
      { channels, maximum: MOST_OPUS_CHANNELS },
    );
  if (channels === 0) throw damaged('its header says 0 channels');
  if (sampleRate === 0) throw damaged('its header says 0 frames per second');
  const format: SoundFormat = {
    container: 'ogg',
    codec: kind.slice(4),
    sampleRate,
    channels,
    isLossy: !flac,
    ...(flac ? { bitDepth: flac.bits } : {}),
    expectedFrames: frames,
  };
  const raw = () =>
    flac ? flacPieces(file, offset, packet + 9, flac, beat) : packetPieces(file, offset, isOpus, format, damaged, beat);
  return {
    format,
    /**
     * A stream cut out of a longer one begins at a later position, so there may be fewer frames than the position says; there
     * are never more, the last block is cut there.
     */
    async *pieces() {
      let frame = 0;
      for await (const { planes, frames: count } of raw()) {
        const kept = Math.min(count, frames - frame);
        frame += kept;
        if (kept > 0) yield { planes: planes.map((plane) => plane.subarray(0, kept)), frames: kept };
      }
      if (frame === 0) throw damaged('there is no sound in it');
    },
  };
}

/** Mapping of FLAC to Ogg (RFC 9639, section 10.1): 9 bytes, `fLaC`, STREAMINFO; what is packed lies 10 bytes into the latter. */
function flacHeader(header: Uint8Array) {
  const [a, b, c, d] = header.subarray(27, 31) as unknown as [number, number, number, number];
  return {
    sampleRate: (a << 12) | (b << 4) | (c >> 4),
    channels: ((c >> 1) & 7) + 1,
    bits: (((c & 1) << 4) | (d >> 4)) + 1,
  };
}

async function* packetPieces(
  file: MediaFile,
  offset: number,
  isOpus: boolean,
  { channels, sampleRate }: SoundFormat,
  damaged: (what: string) => AudioCloudError,
  beat: Beat,
): AsyncGenerator<SoundPiece, void> {
  const decoder = isOpus ? new OggOpusDecoder() : new OggVorbisDecoder();
  await decoder.ready;
  let frame = 0;
  const take = (decoded: Awaited<ReturnType<typeof decoder.flush>>): SoundPiece => {
    const { errors, channelData, samplesDecoded } = decoded;
    if (errors.length > 0) throw damaged(`${errors[0]!.message}, near frame ${frame}`);
    if (samplesDecoded > 0 && channelData.length !== channels)
      throw damaged(`${channelData.length} channels after frame ${frame}, its header says ${channels}`);
    if (samplesDecoded > 0 && decoded.sampleRate !== sampleRate)
      throw damaged(`${decoded.sampleRate} frames per second after frame ${frame}, its header says ${sampleRate}`);
    frame += samplesDecoded;
    beat();
    const ordered = WAV_ORDER[channelData.length]?.map((from) => channelData[from]!) ?? channelData;
    return { planes: ordered.map((plane) => plane.subarray(0, samplesDecoded)), frames: samplesDecoded };
  };
  try {
    for (let at = offset; at < file.sizeBytes; at += CHUNK_BYTES) {
      const piece = take(await decoder.decode(file.read(at, CHUNK_BYTES)));
      if (piece.frames > 0) yield piece;
    }
    const rest = take(await decoder.flush());
    if (rest.frames > 0) yield rest;
  } finally {
    decoder.free();
  }
}
