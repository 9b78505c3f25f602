import { crc32, deflateSync } from 'node:zlib';
import type { PeakColumns } from './peak-columns.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Background, middle line, wave: red, green, blue. */
const PALETTE = Buffer.from([255, 255, 255, 170, 170, 170, 42, 111, 151]);

/** A picture of dots, of three colours (PNG, third edition, sections 5 and 11). */
export function drawPng({ least, most }: PeakColumns, height: number): Buffer {
  const width = least[0]?.length ?? 0;
  const part = Math.floor(height / Math.max(1, least.length));
  const rows = Buffer.alloc(height * (width + 1)); // each begins with its filter: none
  const put = (x: number, y: number, colour: number) => {
    rows[y * (width + 1) + 1 + x] = colour;
  };
  for (const [c, low] of least.entries()) {
    const top = c * part;
    const dot = (value: number) => top + Math.min(part - 1, Math.max(0, Math.floor(((1 - value) / 2) * part)));
    for (let x = 0; x < width; x++) {
      put(x, dot(0), 1);
      for (let y = dot(most[c]![x]!); y <= dot(low[x]!); y++) put(x, y, 2);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // a byte a dot, by palette
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', PALETTE),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32BE(data.length, 0);
  sizes.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([sizes.subarray(0, 4), body, sizes.subarray(4)]);
}
