import { FFT_BYTES, fftBytes, RealFft, spectrumBytes } from './fft.as';

/**
 * Convolution with a long impulse response, without added latency: y[n] = sum of h[k] x[n - k].
 *
 * The first `part` frames of the response are multiplied out frame by frame; the others are cut into parts as long, whose spectra
 * are multiplied with those of the input's past. A part j heard in a block of `part` frames hears an input that is over
 * when the block begins, so its spectrum is ready in time.
 * Source: W. Gardner, "Efficient Convolution without Input-Output Delay", J. Audio Eng. Soc. 43(3), 1995, with parts of one
 * length; overlap-save, and a delay line of spectra: G. García, "Optimal Filter Partition for Efficient Convolution with Short
 * Input/Output Delay", AES 113, 2002.
 * Cost for a frame: part / 4 vector multiplications for the head, and for each part of the rest 4 vector multiplications for
 * every 4 frames; each `part` frames two transforms of 2 part. That work falls into one frame: the blocks of a host should not be
 * much shorter than a part.
 *
 *  0 fft usize (RealFft) · 4 part u32 · 8 parts u32, of the rest · 12 head usize (f32[part], reversed) · 16 responses usize (spectra)
 * 20 pasts usize (spectra, a ring) · 24 past u32, the newest · 28 frames usize (f32[2 part]: the part before, the part under way)
 * 32 position u32, in the part under way · 36 tail usize (f32[2 part]: what the rest adds) · 40 sum usize (spectrum)
 */
@final
@unmanaged
export class Convolver {
  fft: usize;
  part: u32;
  parts: u32;
  head: usize;
  responses: usize;
  pasts: usize;
  past: u32;
  frames: usize;
  position: u32;
  tail: usize;
  sum: usize;

  /**
   * [control]
   *
   * @param space `convolverBytes(part, length)` zeroed bytes, 16-byte aligned
   * @param response f32[length]
   * @param part a power of two, 16 or more
   */
  init(space: usize, response: usize, length: u32, part: u32): void {
    const bytes = <usize>part << 2;
    const spectrum = spectrumBytes(part * 2);
    this.part = part;
    this.parts = partsOf(part, length);
    this.fft = space;
    const fft = changetype<RealFft>(space);
    fft.init(space + FFT_BYTES, part * 2);
    this.head = space + FFT_BYTES + fftBytes(part * 2);
    this.frames = this.head + bytes;
    this.tail = this.frames + 2 * bytes;
    this.sum = this.tail + 2 * bytes;
    this.responses = this.sum + spectrum;
    this.pasts = this.responses + <usize>this.parts * spectrum;
    for (let k: u32 = 0; k < min(part, length); k++) {
      store<f32>(this.head + (<usize>(part - 1 - k) << 2), load<f32>(response + (<usize>k << 2)));
    }
    for (let j: u32 = 0; j < this.parts; j++) {
      const first = (j + 1) * part;
      memory.fill(this.frames, 0, 2 * bytes);
      memory.copy(this.frames, response + (<usize>first << 2), <usize>min(part, length - first) << 2);
      fft.forward(this.frames, this.responses + <usize>j * spectrum);
    }
    this.reset();
  }

  reset(): void {
    const bytes = <usize>this.part << 2;
    memory.fill(this.frames, 0, 2 * bytes);
    memory.fill(this.tail, 0, 2 * bytes);
    memory.fill(this.pasts, 0, <usize>this.parts * spectrumBytes(this.part * 2));
    this.past = 0;
    this.position = 0;
  }

  /** One frame. [render] */
  next(x: f32): f32 {
    const bytes = <usize>this.part << 2;
    const at = this.frames + (<usize>this.position << 2);
    store<f32>(at + bytes, x);
    let sum = f32x4.splat(0);
    for (let k: usize = 0; k < bytes; k += 16) {
      sum = f32x4.add(sum, f32x4.mul(v128.load(this.head + k), v128.load(at + 4 + k)));
    }
    const low = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1);
    const y = low + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3)) + load<f32>(this.tail + bytes + (<usize>this.position << 2));
    this.position += 1;
    if (this.position == this.part) this.turn();
    return y;
  }

  /** A part is over: what all that is known adds to the next one. */
  private turn(): void {
    const bytes = <usize>this.part << 2;
    this.position = 0;
    if (this.parts) {
      const fft = changetype<RealFft>(this.fft);
      const spectrum = spectrumBytes(this.part * 2);
      this.past = (this.past ? this.past : this.parts) - 1;
      fft.forward(this.frames, this.pasts + <usize>this.past * spectrum);
      memory.fill(this.sum, 0, spectrum);
      let past = this.past;
      for (let j: u32 = 0; j < this.parts; j++) {
        addProduct(this.pasts + <usize>past * spectrum, this.responses + <usize>j * spectrum, this.sum, spectrum >> 1);
        past = past + 1 == this.parts ? 0 : past + 1;
      }
      fft.inverse(this.sum, this.tail);
    }
    memory.copy(this.frames, this.frames + bytes, bytes);
  }
}

/** Bytes of one Convolver without its space. */
export const CONVOLVER_BYTES: usize = 48;

/** What `init` wants. [any] */
export function convolverBytes(part: u32, length: u32): usize {
  const spectra = 1 + 2 * partsOf(part, length);
  return FFT_BYTES + fftBytes(part * 2) + (<usize>part * 20) + <usize>spectra * spectrumBytes(part * 2);
}

/** Parts of the rest. */
function partsOf(part: u32, length: u32): u32 {
  return length > part ? (length - 1) / part : 0;
}

/** sum += a b, of spectra whose real and imaginary parts are `bytes` each. */
@inline function addProduct(a: usize, b: usize, sum: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const ar = v128.load(a + i);
    const ai = v128.load(a + bytes + i);
    const br = v128.load(b + i);
    const bi = v128.load(b + bytes + i);
    const re = f32x4.sub(f32x4.mul(ar, br), f32x4.mul(ai, bi));
    const im = f32x4.add(f32x4.mul(ar, bi), f32x4.mul(ai, br));
    v128.store(sum + i, f32x4.add(v128.load(sum + i), re));
    v128.store(sum + bytes + i, f32x4.add(v128.load(sum + bytes + i), im));
  }
}
