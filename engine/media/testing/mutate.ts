import { oggCrc } from '../ogg-pages.ts';

/** xorshift32, so that a failure can be had again from its seed. */
export function random(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Damages a file: cut off, bytes changed anywhere or in its head, or a stretch overwritten. */
export function mutate(source: Buffer, pick: (below: number) => number): Buffer {
  const bytes = Buffer.from(source);
  const kind = pick(4);
  if (kind === 0) return bytes.subarray(0, pick(bytes.length));
  const first = kind === 3 ? pick(bytes.length) : 0;
  const count = kind === 3 ? pick(2000) : 1 + pick(20);
  for (let i = 0; i < count; i++) {
    const at = kind === 1 ? pick(bytes.length) : kind === 2 ? pick(200) : Math.min(first + i, bytes.length - 1);
    bytes[at] = pick(256);
  }
  return bytes;
}

/** Gives damaged Ogg pages the right checksums, so that the damage reaches the decoders. */
export function sealPages(bytes: Buffer): Buffer {
  for (let at = bytes.indexOf('OggS'); at >= 0 && at + 27 < bytes.length; at = bytes.indexOf('OggS', at + 27)) {
    const segments = bytes.subarray(at + 27, at + 27 + bytes[at + 26]!);
    const page = bytes.subarray(at, at + 27 + segments.length + segments.reduce((sum, n) => sum + n, 0));
    page.writeInt32LE(0, 22);
    page.writeInt32LE(oggCrc(page), 22);
  }
  return bytes;
}
