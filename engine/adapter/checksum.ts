import type { Checksum } from '@audiocloud/api';

type Compute = (bytes: Uint8Array) => number;

const sum: Compute = (bytes) => bytes.reduce((total, byte) => total + byte, 0);

/** Bit by bit, highest bit first. crc-16 is CRC-16/CCITT-FALSE, crc-8 is CRC-8/SMBUS of the catalogue of CRCs (reveng). */
function crcUpward(bytes: Uint8Array, width: 8 | 16, polynomial: number, start: number): number {
  const top = 1 << (width - 1);
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) crc = (crc & top ? (crc << 1) ^ polynomial : crc << 1) & (2 * top - 1);
  }
  return crc;
}

/** CRC-16/MODBUS: lowest bit first, so the polynomial 8005 stands mirrored. */
function crcModbus(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

/** Every kind of checksum, a line for each. */
const KINDS: Record<Checksum['kind'], { bytes: 1 | 2; compute: Compute }> = {
  roland: { bytes: 1, compute: (bytes) => -sum(bytes) & 0x7f },
  xor: { bytes: 1, compute: (bytes) => bytes.reduce((total, byte) => total ^ byte, 0) },
  sum: { bytes: 1, compute: (bytes) => sum(bytes) & 0xff },
  'sum-16': { bytes: 2, compute: (bytes) => sum(bytes) & 0xffff },
  'crc-8': { bytes: 1, compute: (bytes) => crcUpward(bytes, 8, 0x07, 0) },
  'crc-16': { bytes: 2, compute: (bytes) => crcUpward(bytes, 16, 0x1021, 0xffff) },
  'crc-16-modbus': { bytes: 2, compute: crcModbus },
};

/** The bytes where a checksum stands. [any] */
export function checksumPlaces({ kind, at }: Checksum): number[] {
  return KINDS[kind].bytes === 1 ? [at] : [at, at + 1];
}

/** The checksum of a page, one byte for each of its places. [any] */
export function checksumBytes(page: Uint8Array, checksum: Checksum): number[] {
  const value = KINDS[checksum.kind].compute(page.subarray(checksum.from, checksum.to + 1));
  if (KINDS[checksum.kind].bytes === 1) return [value];
  const pair = [value >> 8, value & 0xff];
  return checksum.order === 'little' ? pair.reverse() : pair;
}
