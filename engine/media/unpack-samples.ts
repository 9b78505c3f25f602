/** How the samples of uncompressed sound lie in its bytes: interleaved. */
export interface SampleLayout {
  encoding: 'pcm' | 'float' | 'alaw' | 'mulaw';
  bits: 8 | 16 | 24 | 32 | 64;
  channels: number;
  /** As in AIFF. */
  isBigEndian?: boolean;
  /** Of 8 bits: as in AIFF; otherwise as in WAV, with their zero at 128. Default: isBigEndian. */
  isSigned?: boolean;
}

/** Bytes of one frame. [any] */
export function frameBytes({ channels, bits }: SampleLayout): number {
  return channels * (bits / 8);
}

/**
 * Frames out of `bytes` as planar f32, to `out[c]` from `at` on. Integers are divided by half their range, so 16 and 24 bits
 * are exact; float samples are taken as they are. [any]
 *
 * Returns the first frame, counted from 0, of which a sample is no finite number; -1: there is none.
 */
export function unpackSamples(
  bytes: Uint8Array<ArrayBufferLike>,
  layout: SampleLayout,
  out: readonly Float32Array[],
  at: number,
  frames: number,
): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { channels, bits, encoding, isBigEndian = false, isSigned = isBigEndian } = layout;
  const isLittle = !isBigEndian;
  const sampleBytes = bits / 8;
  const step = channels * sampleBytes;
  let wrong = -1;
  for (let c = 0; c < channels; c++) {
    const to = out[c]!;
    let from = c * sampleBytes;
    if (encoding === 'float') {
      for (let i = 0; i < frames; i++, from += step) {
        to[at + i] = bits === 32 ? view.getFloat32(from, isLittle) : view.getFloat64(from, isLittle);
        if (!Number.isFinite(to[at + i]) && (wrong < 0 || i < wrong)) wrong = i;
      }
    } else if (encoding !== 'pcm') {
      const table = encoding === 'alaw' ? A_LAW : MU_LAW;
      for (let i = 0; i < frames; i++, from += step) to[at + i] = table[bytes[from]!]!;
    } else if (bits === 8) {
      if (isSigned) for (let i = 0; i < frames; i++, from += step) to[at + i] = view.getInt8(from) / 128;
      else for (let i = 0; i < frames; i++, from += step) to[at + i] = (bytes[from]! - 128) / 128;
    } else if (bits === 16) {
      for (let i = 0; i < frames; i++, from += step) to[at + i] = view.getInt16(from, isLittle) / 0x8000;
    } else if (bits === 24) {
      const [high, low] = isBigEndian ? [0, 1] : [2, 0];
      for (let i = 0; i < frames; i++, from += step)
        to[at + i] = ((view.getInt8(from + high) << 16) | view.getUint16(from + low, isLittle)) / 0x800000;
    } else {
      for (let i = 0; i < frames; i++, from += step) to[at + i] = view.getInt32(from, isLittle) / 0x80000000;
    }
  }
  return wrong;
}

/** ITU-T G.711: 13 and 14 bits, as the 16 bits that every converter gives. */
const A_LAW = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 15) << 4) + 8;
  const size = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return (bits & 0x80 ? size : -size) / 0x8000;
});
const MU_LAW = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const size = ((((bits & 15) << 3) + 0x84) << ((bits >> 4) & 7)) - 0x84;
  return (bits & 0x80 ? -size : size) / 0x8000;
});
