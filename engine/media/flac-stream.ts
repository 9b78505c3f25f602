import { createHash, type Hash } from 'node:crypto';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { AudioCloudError } from '@audiocloud/api/errors';
import { type FlacInfo, readFlacInfo } from './flac-info.ts';
import type { MediaFile } from './media-file.ts';
import type { Beat, SoundPiece, SoundStream } from './sound-stream.ts';

/** Fed at once: little where much comes out of little, since all of it is decoded before the first piece is seen. */
const LEAST_CHUNK_BYTES = 512;
const MOST_CHUNK_BYTES = 16384;
const MOST_SAMPLES = 2 ** 19;

/**
 * A FLAC stream that begins at `offset`, bit-exact: f32 is the integer divided by half its range. [decode]
 *
 * Throws MEDIA_DAMAGED when a frame cannot be decoded, when there are not as many frames as the header says, or when the
 * MD5 of the samples is not the one in the header.
 */
export function flacStream(file: MediaFile, offset: number, beat: Beat): SoundStream {
  const info = readFlacInfo(file, offset);
  const { frames, channels, sampleRate, bits } = info;
  return {
    format: {
      container: 'flac',
      codec: 'flac',
      sampleRate,
      channels,
      isLossy: false,
      bitDepth: bits,
      ...(frames > 0 ? { frames } : {}),
    },
    async *pieces() {
      let found = 0;
      // More than 24 bits do not fit f32, so their integers cannot be had back.
      const hash = info.md5 && bits <= 24 ? createHash('md5') : undefined;
      for await (const piece of flacPieces(file, offset, offset, info, beat)) {
        found += piece.frames;
        if (frames > 0 && found > frames) throw damaged(`the header says ${frames} frames, there are more`);
        if (hash) addSamples(hash, piece, bits);
        yield piece;
      }
      if (frames > 0 && found !== frames) throw damaged(`the header says ${frames} frames, ${found} could be decoded`);
      if (hash && hash.digest('hex') !== info.md5) throw damaged('its samples do not have the MD5 of its header');
    },
  };
}

/** Sends a FLAC or Ogg FLAC stream through the decoder. magicOffset: where `fLaC` stands, and STREAMINFO behind it. [decode] */
export async function* flacPieces(
  file: MediaFile,
  offset: number,
  magicOffset: number,
  { bits, channels, sampleRate }: Pick<FlacInfo, 'bits' | 'channels' | 'sampleRate'>,
  beat: Beat,
): AsyncGenerator<SoundPiece, void> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  // This decoder divides by the largest positive integer (32767 for 16 bits), everything else here by half the range.
  const largest = 2 ** (bits - 1) - 1;
  const half = 2 ** (bits - 1);
  let frame = 0;
  const take = (decoded: Awaited<ReturnType<typeof decoder.decode>>): SoundPiece => {
    const { errors, channelData, samplesDecoded } = decoded;
    if (errors.length > 0) throw damaged(`${errors[0]!.message}, near frame ${frame}`);
    if (samplesDecoded > 0 && channelData.length < channels)
      throw damaged(`${channelData.length} channels after frame ${frame}, ${channels} before`);
    if (samplesDecoded > 0 && decoded.sampleRate !== sampleRate)
      throw damaged(`its rate changes from ${sampleRate} to ${decoded.sampleRate} Hz at frame ${frame}`);
    const planes = channelData.slice(0, channels).map((samples) => samples.subarray(0, samplesDecoded));
    for (const samples of planes)
      for (let i = 0; i < samples.length; i++) samples[i] = Math.round(samples[i]! * largest) / half;
    frame += samplesDecoded;
    beat();
    return { planes, frames: samplesDecoded };
  };
  try {
    // It takes the headers away before the decoder sees them, and frames may say `as in STREAMINFO`. With it in hand the decoder
    // traps on frames of 8 channels, so it gets it only where it is needed.
    if (channels < 8 || refersToStreamInfo(file, magicOffset)) {
      const streamInfo = file.read(magicOffset, 42);
      streamInfo[4] = 0x80; // the last one of the headers
      take(await decoder.decodeFrames([streamInfo]));
    }
    let bytes = LEAST_CHUNK_BYTES;
    for (let at = offset; at < file.sizeBytes; ) {
      const piece = take(await decoder.decode(file.read(at, bytes)));
      at += bytes;
      if (piece.frames * channels > MOST_SAMPLES) bytes = Math.max(LEAST_CHUNK_BYTES, bytes / 2);
      else bytes = Math.min(MOST_CHUNK_BYTES, bytes * 2);
      if (piece.frames > 0) yield piece;
    }
    const rest = take(await decoder.flush());
    if (rest.frames > 0) yield rest;
  } finally {
    decoder.free();
  }
}

/** Whether the first frame of a native stream has its rate or depth in STREAMINFO (RFC 9639, section 9.1). */
function refersToStreamInfo(file: MediaFile, magicOffset: number): boolean {
  let at = magicOffset + 4;
  for (let isLast = false; !isLast; ) {
    const [head = 0x80, a = 0, b = 0, c = 0] = file.read(at, 4);
    isLast = (head & 0x80) !== 0;
    at += 4 + ((a << 16) | (b << 8) | c);
  }
  const [sync = 0, , rate = 0, depth = 0] = file.read(at, 4);
  return sync === 0xff && ((rate & 15) === 0 || (depth & 14) === 0);
}

/** For the MD5 of STREAMINFO: interleaved little-endian integers in whole bytes (RFC 9639, section 8.2). */
function addSamples(hash: Hash, { planes, frames }: SoundPiece, bits: number): void {
  const half = 2 ** (bits - 1);
  const sampleBytes = Math.ceil(bits / 8);
  const bytes = new Uint8Array(frames * planes.length * sampleBytes);
  let at = 0;
  for (let i = 0; i < frames; i++) {
    for (const samples of planes) {
      const value = samples[i]! * half;
      for (let b = 0; b < sampleBytes; b++) bytes[at++] = value >> (8 * b);
    }
  }
  hash.update(bytes);
}

const damaged = (what: string) => new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the FLAC file: ${what}`);
