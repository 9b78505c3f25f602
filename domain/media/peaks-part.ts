import { open } from 'node:fs/promises';
import { AudioCloudError } from '@audiocloud/api';

/** Of the file format: docs/media.md. */
const HEADER_BYTES = 128;
const FIRST_LEVEL = 32;
const LEVEL_BYTES = 24;

/** What of the peaks is wanted. */
export interface PeaksWanted {
  /** 0 is the finest. */
  level: number;
  /** Default: the first. */
  fromFrame?: number | undefined;
  /** The first frame that is not wanted; default: the end. */
  toFrame?: number | undefined;
}

/** Where it lies in the file, and of what it is. */
export interface PeaksPart {
  offset: number;
  bytes: number;
  framesPerPair: number;
  /** The frame with which its first pair begins. */
  firstFrame: number;
  pairs: number;
}

/** The pairs of one level that have any of the frames wanted. Throws REQUEST_INVALID for a level that is not there, MEDIA_UNREADABLE. [control] */
export async function peaksPart(
  path: string,
  { level, fromFrame = 0, toFrame = Infinity }: PeaksWanted,
): Promise<PeaksPart> {
  const header = Buffer.alloc(HEADER_BYTES);
  const file = await open(path, 'r');
  try {
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    if (bytesRead < HEADER_BYTES || header.toString('latin1', 0, 8) !== 'ACPEAKS\0')
      throw new AudioCloudError('MEDIA_UNREADABLE', 'Cannot read the peaks: the file does not begin as one');
  } finally {
    await file.close();
  }
  const levels = header.readUInt32LE(24);
  if (level >= levels)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot read level ${level} of the peaks: there are 0 to ${levels - 1}`,
      {
        level,
        levels,
      },
    );
  const at = FIRST_LEVEL + LEVEL_BYTES * level;
  const framesPerPair = header.readUInt32LE(at);
  const all = Number(header.readBigUInt64LE(at + 16));
  const pairBytes = 4 * header.readUInt16LE(10);
  const first = Math.min(Math.floor(fromFrame / framesPerPair), all);
  const end = Math.max(first, Math.min(Math.ceil(toFrame / framesPerPair), all));
  return {
    offset: Number(header.readBigUInt64LE(at + 8)) + first * pairBytes,
    bytes: (end - first) * pairBytes,
    framesPerPair,
    firstFrame: first * framesPerPair,
    pairs: end - first,
  };
}
