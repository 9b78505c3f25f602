import type { ByteField, BytePage } from '@audiocloud/api';
import { writeField } from './byte-field.ts';
import { checksumBytes, checksumPlaces } from './checksum.ts';

/** The bytes of a page with no value in it yet. [any] */
export function emptyPage({ size, fill = 0, header = [], tail = [] }: BytePage): Uint8Array {
  const bytes = new Uint8Array(size).fill(fill);
  bytes.set(header);
  bytes.set(tail, size - tail.length);
  return bytes;
}

/** Whether bytes are this page: its size, header, tail and checksum. [any] */
export function isPage({ size, header = [], tail = [], checksum }: BytePage, bytes: Uint8Array): boolean {
  if (bytes.length !== size) return false;
  if (!header.every((byte, i) => bytes[i] === byte)) return false;
  if (!tail.every((byte, i) => bytes[size - tail.length + i] === byte)) return false;
  if (!checksum) return true;
  const wanted = checksumBytes(bytes, checksum);
  return checksumPlaces(checksum).every((place, i) => bytes[place] === wanted[i]);
}

/** The pages that are written, each with the values that were put into it. [any] */
export class PageImages {
  private readonly pages: Record<string, BytePage>;
  private readonly images = new Map<string, Uint8Array>();

  constructor(pages: Record<string, BytePage>) {
    this.pages = pages;
  }

  put(field: ByteField, value: number): void {
    writeField(this.image(field.in), field, value);
  }

  /** What the device has: its bits stay where no value is put. */
  take(name: string, bytes: Uint8Array): void {
    this.images.set(name, Uint8Array.from(bytes));
  }

  /** The bytes to send, with their header, tail and checksum. */
  bytes(name: string): Uint8Array {
    const bytes = Uint8Array.from(this.image(name));
    const { size, header = [], tail = [], checksum } = this.pages[name]!;
    bytes.set(header);
    bytes.set(tail, size - tail.length);
    if (checksum) {
      const sum = checksumBytes(bytes, checksum);
      for (const [i, place] of checksumPlaces(checksum).entries()) bytes[place] = sum[i]!;
    }
    return bytes;
  }

  private image(name: string): Uint8Array {
    let image = this.images.get(name);
    if (!image) {
      image = emptyPage(this.pages[name]!);
      this.images.set(name, image);
    }
    return image;
  }
}
