import { AudioCloudError } from '@audiocloud/api/errors';

/*
 * The peaks of a sound: for stretches of frames, the smallest and the largest sample of each channel, at several zoom levels.
 * Little-endian (docs/media-formats.md has the same table, for those who read them):
 *
 *   0  magic `ACPEAKS` and a zero     8  u16 version, 1        10  u16 channels      12  u32 sampleRate
 *  16  u64 frames                    24  u32 levels, 4         28  u32 zero
 *  32  for each level: u32 frames of a pair, u32 zero, u64 offset of its first pair, u64 pairs
 * 128  the pairs of the first level, then those of the next: for each pair, for each channel i16 smallest, i16 largest
 *
 * A pair has ceil(frames / its frames) neighbours; the last may be of fewer frames. Full scale is 32768: smallest values are
 * rounded down and largest up, and what is beyond the range of i16 is held there.
 */

/** Frames of one pair, level by level. Each is eight of the one before. */
export const PEAK_LEVELS = [256, 2048, 16384, 131072] as const;
export const PEAKS_HEADER_BYTES = 128;
const MAGIC = 0x41_43_50_45_41_4b_53_00n; // ACPEAKS
const VERSION = 1;

export interface PeaksLevel {
  framesPerPair: number;
  offset: number;
  pairs: number;
}

/** What the header says. */
export interface PeaksHeader {
  sampleRate: number;
  channels: number;
  frames: number;
  levels: PeaksLevel[];
}

/** The header of a file with so many frames. [any] */
export function peaksHeader(sampleRate: number, channels: number, frames: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(PEAKS_HEADER_BYTES));
  view.setBigUint64(0, MAGIC);
  view.setUint16(8, VERSION, true);
  view.setUint16(10, channels, true);
  view.setUint32(12, sampleRate, true);
  view.setBigUint64(16, BigInt(frames), true);
  view.setUint32(24, PEAK_LEVELS.length, true);
  let offset = PEAKS_HEADER_BYTES;
  for (const [i, framesPerPair] of PEAK_LEVELS.entries()) {
    const pairs = Math.ceil(frames / framesPerPair);
    view.setUint32(32 + 24 * i, framesPerPair, true);
    view.setBigUint64(40 + 24 * i, BigInt(offset), true);
    view.setBigUint64(48 + 24 * i, BigInt(pairs), true);
    offset += pairs * pairBytes(channels);
  }
  return new Uint8Array(view.buffer);
}

/** Bytes of a pair of all channels. [any] */
export const pairBytes = (channels: number): number => 4 * channels;

/** Reads a header. Throws MEDIA_DAMAGED. [any] */
export function readPeaksHeader(bytes: Uint8Array): PeaksHeader {
  const damaged = (what: string) => new AudioCloudError('MEDIA_DAMAGED', `Cannot read the peaks: ${what}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PEAKS_HEADER_BYTES || view.getBigUint64(0) !== MAGIC)
    throw damaged('the file does not begin as one');
  const version = view.getUint16(8, true);
  if (version !== VERSION) throw damaged(`they are of version ${version}, ${VERSION} is read`);
  const levels = Array.from({ length: Math.min(4, view.getUint32(24, true)) }, (_, i) => ({
    framesPerPair: view.getUint32(32 + 24 * i, true),
    offset: Number(view.getBigUint64(40 + 24 * i, true)),
    pairs: Number(view.getBigUint64(48 + 24 * i, true)),
  }));
  return {
    sampleRate: view.getUint32(12, true),
    channels: view.getUint16(10, true),
    frames: Number(view.getBigUint64(16, true)),
    levels,
  };
}
