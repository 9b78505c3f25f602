import { bytesOfSample, type WavBits } from './wav-header.ts';

/** Turns planar f32 into interleaved little-endian bytes. */
export interface SamplePacker {
  /** Samples that did not fit the integer range so far. */
  readonly clippedSamples: number;
  /** Packs `frames` of all channels from `first`; `bytes` has room for them. */
  pack(planes: readonly Float32Array[], first: number, frames: number, bytes: Uint8Array<ArrayBuffer>): void;
}

/**
 * A packer for one file. Integers get TPDF dither of ±1 step (two uniform variables), which makes the error's mean and
 * variance independent of the signal: S. P. Lipshitz, R. A. Wannamaker, J. Vanderkooy, Quantization and dither, JAES 40
 * (1992). The noise begins at `seed`, so the same sound gives the same bytes, however it is cut into blocks.
 *
 * Non-finite samples become 0 and count as clipped.
 */
export function createSamplePacker(channels: number, bits: WavBits, seed: number, isDithered: boolean): SamplePacker {
  let clipped = 0;
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  // xorshift32: G. Marsaglia, Xorshift RNGs, Journal of Statistical Software 8 (2003)
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const sampleBytes = bytesOfSample(bits);
  const scale = bits === '16' ? 0x8000 : 0x800000;
  return {
    get clippedSamples() {
      return clipped;
    },
    pack(planes, first, frames, bytes) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let at = 0;
      for (let i = first; i < first + frames; i++) {
        for (let c = 0; c < channels; c++, at += sampleBytes) {
          const sample = planes[c]![i]!;
          if (bits === '32f') {
            view.setFloat32(at, sample, true);
            continue;
          }
          const dither = isDithered ? uniform() - uniform() : 0;
          let value = Math.round(sample * scale + dither);
          if (!(value < scale && value >= -scale)) {
            clipped++;
            value = value >= scale ? scale - 1 : value < -scale ? -scale : 0;
          }
          if (bits === '16') view.setInt16(at, value, true);
          else {
            view.setUint16(at, value & 0xffff, true);
            view.setInt8(at + 2, value >> 16);
          }
        }
      }
    },
  };
}
