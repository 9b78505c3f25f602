/* Bytes of files of sound, written by hand for tests: so that each field of them can lie. */

export const ascii = (text: string) => Buffer.from(text, 'latin1');
export const u16 = (value: number) => Buffer.from([value & 255, (value >> 8) & 255]);
export const u32 = (value: number) =>
  Buffer.from([value, value >>> 8, value >>> 16, value >>> 24].map((byte) => byte & 255));
export const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};
const reversed = (bytes: Buffer) => Buffer.from(bytes).reverse();
export const be16 = (value: number) => reversed(u16(value));
export const be32 = (value: number) => reversed(u32(value));
export const joined = (...parts: Uint8Array[]) => Buffer.concat(parts);

/** A chunk of RIFF, padded to even; `bytes` is what it says of its length. */
export const chunk = (id: string, body: Uint8Array, bytes = body.length) =>
  joined(ascii(id), u32(bytes), body, Buffer.alloc(body.length % 2));

export interface WavFields {
  tag?: number;
  channels?: number;
  rate?: number;
  bits?: number;
  blockBytes?: number;
}

export const fmt = ({
  tag = 1,
  channels = 1,
  rate = 48000,
  bits = 16,
  blockBytes = (channels * bits) / 8,
}: WavFields = {}) =>
  chunk('fmt ', joined(u16(tag), u16(channels), u32(rate), u32(rate * blockBytes), u16(blockBytes), u16(bits)));

export const riff = (...chunks: Uint8Array[]) => {
  const body = joined(ascii('WAVE'), ...chunks);
  return joined(ascii('RIFF'), u32(body.length), body);
};

/** A chunk of AIFF. */
export const iff = (id: string, body: Uint8Array, bytes = body.length) =>
  joined(ascii(id), be32(bytes), body, Buffer.alloc(body.length % 2));

export interface AiffFields {
  channels?: number;
  frames?: number;
  bits?: number;
  rate?: Uint8Array;
  coding?: string;
}

/** 48000 as 80-bit number. */
const RATE_48000 = Buffer.from([0x40, 0x0e, 0xbb, 0x80, 0, 0, 0, 0, 0, 0]);
export const comm = ({ channels = 1, frames = 2, bits = 16, rate = RATE_48000, coding }: AiffFields = {}) =>
  iff(
    'COMM',
    joined(be16(channels), be32(frames), be16(bits), rate, coding ? ascii(`${coding}\0\0`) : Buffer.alloc(0)),
  );
export const ssnd = (sound: Uint8Array, skip = 0) => iff('SSND', joined(be32(skip), be32(0), sound));
export const aiff = (form: 'AIFF' | 'AIFC', ...chunks: Uint8Array[]) => {
  const body = joined(ascii(form), ...chunks);
  return joined(ascii('FORM'), be32(body.length), body);
};

export interface FlacFields {
  rate?: number;
  channels?: number;
  bits?: number;
  /** What the header says; 0: unknown. */
  frames?: number;
  blocks?: number;
  md5?: Uint8Array;
}

const BLOCK = 65535;

/** FLAC of silence: 65,535 frames in each block of some 20 bytes (RFC 9639, sections 8.2 and 9). */
export function flac({
  rate = 48000,
  channels = 2,
  bits = 16,
  frames = 0,
  blocks = 1,
  md5 = Buffer.alloc(16),
}: FlacFields = {}) {
  const packed = (BigInt(rate) << 44n) | (BigInt(channels - 1) << 41n) | (BigInt(bits - 1) << 36n) | BigInt(frames);
  const info = joined(be16(BLOCK), be16(BLOCK), Buffer.alloc(6), reversed(u64(packed)), md5);
  const head = joined(ascii('fLaC'), Buffer.from([0x80, 0, 0, 34]), info);
  return joined(head, ...Array.from({ length: blocks }, (_, block) => silentBlock(block, channels)));
}

function silentBlock(block: number, channels: number): Buffer {
  // sync; block size u16 follows, 48 kHz; independent channels, 16 bits
  const start = joined(Buffer.from([0xff, 0xf8, 0x70, (channels - 1) << 4]), utf8(block), be16(BLOCK - 1));
  const header = joined(start, Buffer.from([crc(start, 8, 0x07)]));
  const body = joined(header, Buffer.alloc(channels * 3)); // constant subframes: a byte, and 16 bits of 0
  return joined(body, be16(crc(body, 16, 0x8005)));
}

/** Numbers of blocks are written as UTF-8 is. */
function utf8(value: number): Buffer {
  if (value < 0x80) return Buffer.from([value]);
  if (value < 0x800) return Buffer.from([0xc0 | (value >> 6), 0x80 | (value & 63)]);
  return Buffer.from([0xe0 | (value >> 12), 0x80 | ((value >> 6) & 63), 0x80 | (value & 63)]);
}

function crc(bytes: Uint8Array, width: 8 | 16, polynomial: number): number {
  const top = 1 << (width - 1);
  const mask = 2 ** width - 1;
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) value = (value & top ? (value << 1) ^ polynomial : value << 1) & mask;
  }
  return value;
}
