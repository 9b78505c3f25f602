import { AudioCloudError } from '@audiocloud/api/errors';
import type { MediaFile } from './media-file.ts';

/** CRC of Ogg pages: polynomial 0x04c11db7, not reflected, start and end 0 (RFC 3533, section 6). */
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc;
});

/** Checksum of a page whose own checksum field is 0. [any] */
export function oggCrc(page: Uint8Array): number {
  let crc = 0;
  for (let i = 0; i < page.length; i++) crc = (crc << 8) ^ CRC[(crc >>> 24) ^ page[i]!]!;
  return crc;
}

const damaged = (what: string) => new AudioCloudError('MEDIA_DAMAGED', `Cannot read the Ogg file: ${what}`);
const unsupported = (what: string) => new AudioCloudError('MEDIA_UNSUPPORTED', `Cannot read the Ogg file: ${what}`);

/**
 * Walks every page of an Ogg file before anything is decoded, because the decoders skip what is damaged without a word.
 * Returns the granule position of the last page. [decode]
 *
 * Throws MEDIA_DAMAGED with the byte of the page that is broken, missing or has a wrong checksum, and when the last page
 * is not marked as the last; MEDIA_UNSUPPORTED for several streams in one file.
 */
export function checkOggPages(file: MediaFile, offset: number, progress: (pages: number) => void): number {
  let serial: number | undefined;
  let granule = -1n;
  let sequence = -1;
  let isEnded = false;
  let at = offset;
  for (let page = 0; at < file.sizeBytes; page++) {
    const bytes = file.read(at, 27 + 255 + 255 * 255);
    const segments = bytes[26] ?? 0;
    let length = 27 + segments;
    for (let i = 0; i < segments; i++) length += bytes[27 + i] ?? 0;
    const isPage = bytes[0] === 0x4f && bytes[1] === 0x67 && bytes[2] === 0x67 && bytes[3] === 0x53;
    if (!isPage) throw damaged(`no page at byte ${at}`);
    if (bytes.length < length)
      throw damaged(`the page at byte ${at} has ${length} bytes, the file holds ${bytes.length} more`);
    const view = new DataView(bytes.buffer);
    const said = view.getInt32(22, true);
    view.setInt32(22, 0);
    if (oggCrc(bytes.subarray(0, length)) !== said) throw damaged(`the page at byte ${at} has a wrong checksum`);
    const flags = bytes[5]!;
    const pageSerial = view.getUint32(14, true);
    if (isEnded) throw unsupported(`a second stream begins at byte ${at}; split the file`);
    serial ??= pageSerial;
    if (serial !== pageSerial)
      throw unsupported(`it holds several streams at once (byte ${at}); take out the one with sound`);
    const number = view.getUint32(18, true);
    if (page > 0 && number !== sequence + 1)
      throw damaged(`pages ${sequence + 1} to ${number - 1} are missing at byte ${at}`);
    sequence = number;
    const position = view.getBigInt64(6, true);
    if (position >= 0n) granule = position;
    isEnded = (flags & 4) !== 0;
    at += length;
    if (page % 64 === 0) progress(page);
  }
  if (!isEnded) throw damaged(`it ends at byte ${at} without its last page`);
  return Number(granule);
}
