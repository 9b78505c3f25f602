import { refuseBytes } from './rule-fault.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads WebAssembly's binary format, never past `end`. [control]
 *
 * Every read that does not fit throws PLUGIN_RULES (`valid-wasm`), so that no input can crash, hang or fill memory.
 * Source: WebAssembly Core Specification 2.0, section 5 (LEB128 in 5.2.2).
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.at >= this.end) return refuseBytes(this.at, 'unexpected end');
    return this.bytes[this.at++]!;
  }

  /** An unsigned LEB128 number of at most 32 bits and 5 bytes. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 15) return refuseBytes(this.at - 1, 'a number of more than 32 bits');
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    return refuseBytes(this.at, 'a number of more than 5 bytes');
  }

  /** A signed LEB128 number of at most 32 bits. */
  s32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return shift < 28 && byte & 64 ? value | (-1 << (shift + 7)) : value | 0;
    }
    return refuseBytes(this.at, 'a number of more than 5 bytes');
  }

  /** Moves past a LEB128 number of at most `maxBytes` bytes. */
  skipLeb(maxBytes: number): void {
    for (let count = 0; count < maxBytes; count++) if (this.byte() < 128) return;
    refuseBytes(this.at, `a number of more than ${maxBytes} bytes`);
  }

  /** The length of a list whose items take at least `itemBytes` each: a longer one cannot be in the bytes that are left. */
  count(itemBytes = 1): number {
    const count = this.u32();
    if (count * itemBytes > this.end - this.at) return refuseBytes(this.at, `a list of ${count} items`);
    return count;
  }

  skip(length: number): void {
    if (length > this.end - this.at) refuseBytes(this.at, `${length} bytes wanted, ${this.end - this.at} left`);
    this.at += length;
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    const start = this.at;
    this.skip(length);
    return this.bytes.subarray(start, this.at);
  }

  name(): string {
    const bytes = this.take(this.u32());
    try {
      return utf8.decode(bytes);
    } catch {
      return refuseBytes(this.at, 'a name that is not UTF-8');
    }
  }

  /** A reader of the next `length` bytes, which this one moves past. */
  part(length: number): ByteReader {
    const start = this.at;
    this.skip(length);
    return new ByteReader(this.bytes, start, this.at);
  }
}
