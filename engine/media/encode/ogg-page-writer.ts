import { oggCrc } from '../ogg-pages.ts';
import type { PutBytes } from './sound-encoder.ts';

const HEADER_BYTES = 27;
const MOST_SEGMENTS = 255;
const FIRST = 2;
const LAST = 4;

/** Puts packets into the pages of one Ogg stream. */
export interface OggPageWriter {
  /** A packet, and the position after it, in frames. A packet takes at most 255 x 255 bytes: it lies in one page whole. */
  packet(bytes: Uint8Array, granule: number): void;
  /** Ends the page, so that what follows begins a new one; `isLast`: of the stream. */
  flush(isLast?: boolean): void;
}

/** Source: RFC 3533. pageFrames: a page holds at most so many. [any] */
export function createOggPageWriter(serial: number, pageFrames: number, put: PutBytes): OggPageWriter {
  const page = new Uint8Array(HEADER_BYTES + MOST_SEGMENTS + MOST_SEGMENTS * 255);
  const view = new DataView(page.buffer);
  const body = HEADER_BYTES + MOST_SEGMENTS; // moved behind the lacing when that is known
  let segments = 0;
  let filled = 0;
  let granule = 0;
  let begun = 0;
  let sequence = 0;

  const flush = (isLast = false) => {
    const from = HEADER_BYTES + segments;
    page.copyWithin(from, body, body + filled);
    page.set([0x4f, 0x67, 0x67, 0x53, 0, (sequence === 0 ? FIRST : 0) | (isLast ? LAST : 0)]); // OggS, version 0
    view.setBigInt64(6, BigInt(granule), true);
    view.setUint32(14, serial, true);
    view.setUint32(18, sequence++, true);
    view.setUint32(22, 0, true);
    page[26] = segments;
    const whole = page.subarray(0, from + filled);
    view.setInt32(22, oggCrc(whole), true);
    put(whole);
    segments = 0;
    filled = 0;
    begun = granule;
  };
  return {
    packet(bytes, position) {
      const lacing = Math.floor(bytes.length / 255) + 1;
      if (segments > 0 && (segments + lacing > MOST_SEGMENTS || position - begun > pageFrames)) flush();
      for (let i = 0; i < lacing - 1; i++) page[HEADER_BYTES + segments++] = 255;
      page[HEADER_BYTES + segments++] = bytes.length % 255;
      page.set(bytes, body + filled);
      filled += bytes.length;
      granule = position;
    },
    flush,
  };
}
