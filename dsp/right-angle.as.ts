/** cos(pi / 8), sin(pi / 8), sqrt(1/2) */
const EIGHTH: usize = memory.data<f32>([0.9238795325112867, 0.3826834323650898, 0.7071067811865476]);

/**
 * The transform of a convolution of real frames: 2 size of them become size complex numbers, which are multiplied number by number.
 *
 * Frames are f[0] to f[2 size - 1]; X[m] = sum over n < size of (f[n] + i f[n + size]) exp(-2 pi i n (m - 1/4) / size). The product of
 * two such spectra is that of a convolution in which what runs over the end comes back with the other sign; with a response of at
 * most size frames, of which the rest is 0, the second half of the result is the convolution itself. No bin is another's mirror, so
 * nothing has to be taken apart, and all are of one kind.
 * Sources: R. Crandall and B. Fagin, "Discrete Weighted Transforms and Large-Integer Arithmetic", Mathematics of Computation
 * 62(205), 1994 (right-angle convolution); radix 4 in place, decimation in frequency there and in time back: C. Van Loan,
 * "Computational Frameworks for the Fast Fourier Transform", 1992, 1.9 and 2.4.
 *
 * The work is cut into `passes`, each of them into `groups`, which may be done a few at a time, in any order within a pass. Spectra
 * have an order of their own: by groups of 16 numbers, 128 bytes, real and imaginary parts of four in turn.
 * The way back leaves out the division by size: a response is divided by it beforehand.
 * Error there and back: below 7e-7 of the largest frame for noise. Cost of a group and a pass: 34 to 56 vector operations.
 *
 *  0 size u32 · 4 passes u32 · 8 outer usize: factors of the first pass, v128[4] re and im in turn for every group
 * 12 inner usize: factors of passes for 16, 64, ... size / 4 numbers, v128[3] re and im in turn for every group
 */
@final
@unmanaged
export class RightAngle {
  size: u32;
  passes: u32;
  outer: usize;
  inner: usize;

  /**
   * [control]
   *
   * @param outer `outerBytes(size)` bytes, 16-byte aligned
   * @param inner as `fillInner` filled it for this size or a larger one
   * @param size a power of 4, 64 or more
   */
  init(outer: usize, inner: usize, size: u32): void {
    this.size = size;
    this.passes = passesOf(size);
    this.outer = outer;
    this.inner = inner;
    for (let n: u32 = 0; n < size >> 2; n++) {
      const at = outer + (<usize>(n >> 2) << 7) + (<usize>(n & 3) << 2);
      for (let j: u32 = 0; j < 4; j++) storeTurn(at + (<usize>j << 5), (<f64>n * (<f64>j - 0.25)) / <f64>size);
    }
  }

  /** Groups of a pass. [any] */
  @inline get groups(): u32 {
    return this.size >> 4;
  }

  /**
   * Groups `from` to `to` - 1 of a pass to the spectrum. [render]
   *
   * @param low f32[size], the first half of the frames; read by pass 0 alone, as `high`
   * @param work f32[2 size], for this alone until the last pass is done
   * @param spectrum where the last pass writes a group, `step` bytes from one to the next
   */
  forward(pass: u32, from: u32, to: u32, low: usize, high: usize, work: usize, spectrum: usize, step: usize): void {
    if (pass == 0) this.enter(from, to, low, high, work);
    else if (pass + 1 == this.passes) this.close(from, to, work, spectrum, step);
    else this.split(from, to, work, this.size >> (2 * pass));
  }

  /** Groups of a pass from the spectrum in `work` to frames f32[size], the second half; the last pass writes them. [render] */
  inverse(pass: u32, from: u32, to: u32, work: usize, frames: usize): void {
    if (pass == 0) this.open(from, to, work);
    else if (pass + 1 == this.passes) this.leave(from, to, work, frames);
    else this.join(from, to, work, 16 << (2 * pass));
  }

  /** Real frames, turned, and the first four-way split. */
  private enter(from: u32, to: u32, low: usize, high: usize, work: usize): void {
    const quarter = <usize>this.size;
    for (let g: usize = from; g < <usize>to; g++) {
      const l = low + (g << 4);
      const h = high + (g << 4);
      const c = v128.load_splat<f32>(EIGHTH);
      const s = v128.load_splat<f32>(EIGHTH, 4);
      const d = v128.load_splat<f32>(EIGHTH, 8);
      const l1 = v128.load(l + quarter);
      const h1 = v128.load(h + quarter);
      const l2 = v128.load(l + 2 * quarter);
      const h2 = v128.load(h + 2 * quarter);
      const l3 = v128.load(l + 3 * quarter);
      const h3 = v128.load(h + 3 * quarter);
      const r0 = v128.load(l);
      const i0 = v128.load(h);
      const r1 = f32x4.sub(f32x4.mul(l1, c), f32x4.mul(h1, s));
      const i1 = f32x4.add(f32x4.mul(l1, s), f32x4.mul(h1, c));
      const r2 = f32x4.mul(f32x4.sub(l2, h2), d);
      const i2 = f32x4.mul(f32x4.add(l2, h2), d);
      const r3 = f32x4.sub(f32x4.mul(l3, s), f32x4.mul(h3, c));
      const i3 = f32x4.add(f32x4.mul(l3, c), f32x4.mul(h3, s));
      const ar = f32x4.add(r0, r2);
      const ai = f32x4.add(i0, i2);
      const br = f32x4.sub(r0, r2);
      const bi = f32x4.sub(i0, i2);
      const cr = f32x4.add(r1, r3);
      const ci = f32x4.add(i1, i3);
      const dr = f32x4.sub(r1, r3);
      const di = f32x4.sub(i1, i3);
      const w = this.outer + (g << 7);
      const at = work + (g << 5);
      storeProduct(at, f32x4.add(ar, cr), f32x4.add(ai, ci), w);
      storeProduct(at + 2 * quarter, f32x4.add(br, di), f32x4.sub(bi, dr), w + 32);
      storeProduct(at + 4 * quarter, f32x4.sub(ar, cr), f32x4.sub(ai, ci), w + 64);
      storeProduct(at + 6 * quarter, f32x4.sub(br, di), f32x4.add(bi, dr), w + 96);
    }
  }

  /** A four-way split of pieces of `length` numbers, in place. */
  private split(from: u32, to: u32, work: usize, length: u32): void {
    const table = this.inner + innerOffset(length);
    const mask = (length >> 4) - 1;
    const quarter = <usize>length << 1;
    for (let g = from; g < to; g++) {
      const k = <usize>(g & mask);
      const at = work + ((<usize>g - k) << 7) + (k << 5);
      const w = table + k * 96;
      const r0 = v128.load(at);
      const i0 = v128.load(at, 16);
      const r1 = v128.load(at + quarter);
      const i1 = v128.load(at + quarter, 16);
      const r2 = v128.load(at + 2 * quarter);
      const i2 = v128.load(at + 2 * quarter, 16);
      const r3 = v128.load(at + 3 * quarter);
      const i3 = v128.load(at + 3 * quarter, 16);
      const ar = f32x4.add(r0, r2);
      const ai = f32x4.add(i0, i2);
      const br = f32x4.sub(r0, r2);
      const bi = f32x4.sub(i0, i2);
      const cr = f32x4.add(r1, r3);
      const ci = f32x4.add(i1, i3);
      const dr = f32x4.sub(r1, r3);
      const di = f32x4.sub(i1, i3);
      v128.store(at, f32x4.add(ar, cr));
      v128.store(at, f32x4.add(ai, ci), 16);
      storeProduct(at + quarter, f32x4.add(br, di), f32x4.sub(bi, dr), w);
      storeProduct(at + 2 * quarter, f32x4.sub(ar, cr), f32x4.sub(ai, ci), w + 32);
      storeProduct(at + 3 * quarter, f32x4.sub(br, di), f32x4.add(bi, dr), w + 64);
    }
  }

  /** The last two splits, of 16 numbers and of 4: a group in registers. */
  private close(from: u32, to: u32, work: usize, spectrum: usize, step: usize): void {
    const w = this.inner;
    for (let g: usize = from; g < <usize>to; g++) {
      const at = work + (g << 7);
      const p0 = v128.load(at);
      const q0 = v128.load(at, 16);
      const p1 = v128.load(at, 32);
      const q1 = v128.load(at, 48);
      const p2 = v128.load(at, 64);
      const q2 = v128.load(at, 80);
      const p3 = v128.load(at, 96);
      const q3 = v128.load(at, 112);
      const ar = f32x4.add(p0, p2);
      const ai = f32x4.add(q0, q2);
      const br = f32x4.sub(p0, p2);
      const bi = f32x4.sub(q0, q2);
      const cr = f32x4.add(p1, p3);
      const ci = f32x4.add(q1, q3);
      const dr = f32x4.sub(p1, p3);
      const di = f32x4.sub(q1, q3);
      const r1 = f32x4.add(br, di);
      const i1 = f32x4.sub(bi, dr);
      const r2 = f32x4.sub(ar, cr);
      const i2 = f32x4.sub(ai, ci);
      const r3 = f32x4.sub(br, di);
      const i3 = f32x4.add(bi, dr);
      const x0 = f32x4.add(ar, cr);
      const y0 = f32x4.add(ai, ci);
      const x1 = productRe(r1, i1, v128.load(w), v128.load(w, 16));
      const y1 = productIm(r1, i1, v128.load(w), v128.load(w, 16));
      const x2 = productRe(r2, i2, v128.load(w, 32), v128.load(w, 48));
      const y2 = productIm(r2, i2, v128.load(w, 32), v128.load(w, 48));
      const x3 = productRe(r3, i3, v128.load(w, 64), v128.load(w, 80));
      const y3 = productIm(r3, i3, v128.load(w, 64), v128.load(w, 80));
      const xl = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
      const xh = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
      const yl = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
      const yh = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
      const ul = v128.shuffle<f32>(y0, y1, 0, 4, 1, 5);
      const uh = v128.shuffle<f32>(y0, y1, 2, 6, 3, 7);
      const vl = v128.shuffle<f32>(y2, y3, 0, 4, 1, 5);
      const vh = v128.shuffle<f32>(y2, y3, 2, 6, 3, 7);
      const e0 = v128.shuffle<f32>(xl, yl, 0, 1, 4, 5);
      const e1 = v128.shuffle<f32>(xl, yl, 2, 3, 6, 7);
      const e2 = v128.shuffle<f32>(xh, yh, 0, 1, 4, 5);
      const e3 = v128.shuffle<f32>(xh, yh, 2, 3, 6, 7);
      const f0 = v128.shuffle<f32>(ul, vl, 0, 1, 4, 5);
      const f1 = v128.shuffle<f32>(ul, vl, 2, 3, 6, 7);
      const f2 = v128.shuffle<f32>(uh, vh, 0, 1, 4, 5);
      const f3 = v128.shuffle<f32>(uh, vh, 2, 3, 6, 7);
      const kr = f32x4.add(e0, e2);
      const ki = f32x4.add(f0, f2);
      const lr = f32x4.sub(e0, e2);
      const li = f32x4.sub(f0, f2);
      const mr = f32x4.add(e1, e3);
      const mi = f32x4.add(f1, f3);
      const nr = f32x4.sub(e1, e3);
      const ni = f32x4.sub(f1, f3);
      const result = spectrum + g * step;
      v128.store(result, f32x4.add(kr, mr));
      v128.store(result, f32x4.add(ki, mi), 16);
      v128.store(result, f32x4.add(lr, ni), 32);
      v128.store(result, f32x4.sub(li, nr), 48);
      v128.store(result, f32x4.sub(kr, mr), 64);
      v128.store(result, f32x4.sub(ki, mi), 80);
      v128.store(result, f32x4.sub(lr, ni), 96);
      v128.store(result, f32x4.add(li, nr), 112);
    }
  }

  /** The way back from `close`, in place. */
  private open(from: u32, to: u32, work: usize): void {
    const w = this.inner;
    for (let g: usize = from; g < <usize>to; g++) {
      const at = work + (g << 7);
      const p0 = v128.load(at);
      const q0 = v128.load(at, 16);
      const p1 = v128.load(at, 32);
      const q1 = v128.load(at, 48);
      const p2 = v128.load(at, 64);
      const q2 = v128.load(at, 80);
      const p3 = v128.load(at, 96);
      const q3 = v128.load(at, 112);
      const kr = f32x4.add(p0, p2);
      const ki = f32x4.add(q0, q2);
      const lr = f32x4.sub(p0, p2);
      const li = f32x4.sub(q0, q2);
      const mr = f32x4.add(p1, p3);
      const mi = f32x4.add(q1, q3);
      const nr = f32x4.sub(p1, p3);
      const ni = f32x4.sub(q1, q3);
      const e0 = f32x4.add(kr, mr);
      const f0 = f32x4.add(ki, mi);
      const e1 = f32x4.sub(lr, ni);
      const f1 = f32x4.add(li, nr);
      const e2 = f32x4.sub(kr, mr);
      const f2 = f32x4.sub(ki, mi);
      const e3 = f32x4.add(lr, ni);
      const f3 = f32x4.sub(li, nr);
      const xl = v128.shuffle<f32>(e0, e1, 0, 4, 1, 5);
      const xh = v128.shuffle<f32>(e0, e1, 2, 6, 3, 7);
      const yl = v128.shuffle<f32>(e2, e3, 0, 4, 1, 5);
      const yh = v128.shuffle<f32>(e2, e3, 2, 6, 3, 7);
      const ul = v128.shuffle<f32>(f0, f1, 0, 4, 1, 5);
      const uh = v128.shuffle<f32>(f0, f1, 2, 6, 3, 7);
      const vl = v128.shuffle<f32>(f2, f3, 0, 4, 1, 5);
      const vh = v128.shuffle<f32>(f2, f3, 2, 6, 3, 7);
      const x1 = v128.shuffle<f32>(xl, yl, 2, 3, 6, 7);
      const x2 = v128.shuffle<f32>(xh, yh, 0, 1, 4, 5);
      const x3 = v128.shuffle<f32>(xh, yh, 2, 3, 6, 7);
      const y1 = v128.shuffle<f32>(ul, vl, 2, 3, 6, 7);
      const y2 = v128.shuffle<f32>(uh, vh, 0, 1, 4, 5);
      const y3 = v128.shuffle<f32>(uh, vh, 2, 3, 6, 7);
      const r0 = v128.shuffle<f32>(xl, yl, 0, 1, 4, 5);
      const i0 = v128.shuffle<f32>(ul, vl, 0, 1, 4, 5);
      const r1 = backRe(x1, y1, v128.load(w), v128.load(w, 16));
      const i1 = backIm(x1, y1, v128.load(w), v128.load(w, 16));
      const r2 = backRe(x2, y2, v128.load(w, 32), v128.load(w, 48));
      const i2 = backIm(x2, y2, v128.load(w, 32), v128.load(w, 48));
      const r3 = backRe(x3, y3, v128.load(w, 64), v128.load(w, 80));
      const i3 = backIm(x3, y3, v128.load(w, 64), v128.load(w, 80));
      storeJoined(at, 32, r0, i0, r1, i1, r2, i2, r3, i3);
    }
  }

  /** The way back from `split`. */
  private join(from: u32, to: u32, work: usize, length: u32): void {
    const table = this.inner + innerOffset(length);
    const mask = (length >> 4) - 1;
    const quarter = <usize>length << 1;
    for (let g = from; g < to; g++) {
      const k = <usize>(g & mask);
      const at = work + ((<usize>g - k) << 7) + (k << 5);
      const w = table + k * 96;
      const x1 = v128.load(at + quarter);
      const y1 = v128.load(at + quarter, 16);
      const x2 = v128.load(at + 2 * quarter);
      const y2 = v128.load(at + 2 * quarter, 16);
      const x3 = v128.load(at + 3 * quarter);
      const y3 = v128.load(at + 3 * quarter, 16);
      const r1 = backRe(x1, y1, v128.load(w), v128.load(w, 16));
      const i1 = backIm(x1, y1, v128.load(w), v128.load(w, 16));
      const r2 = backRe(x2, y2, v128.load(w, 32), v128.load(w, 48));
      const i2 = backIm(x2, y2, v128.load(w, 32), v128.load(w, 48));
      const r3 = backRe(x3, y3, v128.load(w, 64), v128.load(w, 80));
      const i3 = backIm(x3, y3, v128.load(w, 64), v128.load(w, 80));
      storeJoined(at, quarter, v128.load(at), v128.load(at, 16), r1, i1, r2, i2, r3, i3);
    }
  }

  /** The way back from `enter`, of which the imaginary part is wanted. */
  private leave(from: u32, to: u32, work: usize, frames: usize): void {
    const quarter = <usize>this.size;
    for (let g: usize = from; g < <usize>to; g++) {
      const w = this.outer + (g << 7);
      const at = work + (g << 5);
      const x0 = v128.load(at);
      const y0 = v128.load(at, 16);
      const x1 = v128.load(at + 2 * quarter);
      const y1 = v128.load(at + 2 * quarter, 16);
      const x2 = v128.load(at + 4 * quarter);
      const y2 = v128.load(at + 4 * quarter, 16);
      const x3 = v128.load(at + 6 * quarter);
      const y3 = v128.load(at + 6 * quarter, 16);
      const r0 = backRe(x0, y0, v128.load(w), v128.load(w, 16));
      const i0 = backIm(x0, y0, v128.load(w), v128.load(w, 16));
      const r1 = backRe(x1, y1, v128.load(w, 32), v128.load(w, 48));
      const i1 = backIm(x1, y1, v128.load(w, 32), v128.load(w, 48));
      const r2 = backRe(x2, y2, v128.load(w, 64), v128.load(w, 80));
      const i2 = backIm(x2, y2, v128.load(w, 64), v128.load(w, 80));
      const r3 = backRe(x3, y3, v128.load(w, 96), v128.load(w, 112));
      const i3 = backIm(x3, y3, v128.load(w, 96), v128.load(w, 112));
      const ar = f32x4.add(r0, r2);
      const ai = f32x4.add(i0, i2);
      const br = f32x4.sub(r0, r2);
      const bi = f32x4.sub(i0, i2);
      const cr = f32x4.add(r1, r3);
      const ci = f32x4.add(i1, i3);
      const dr = f32x4.sub(r1, r3);
      const di = f32x4.sub(i1, i3);
      const c = v128.load_splat<f32>(EIGHTH);
      const s = v128.load_splat<f32>(EIGHTH, 4);
      const d = v128.load_splat<f32>(EIGHTH, 8);
      const to0 = frames + (g << 4);
      v128.store(to0, f32x4.add(ai, ci));
      v128.store(to0 + quarter, f32x4.sub(f32x4.mul(f32x4.add(bi, dr), c), f32x4.mul(f32x4.sub(br, di), s)));
      v128.store(to0 + 2 * quarter, f32x4.mul(f32x4.sub(f32x4.sub(ai, ci), f32x4.sub(ar, cr)), d));
      v128.store(to0 + 3 * quarter, f32x4.sub(f32x4.mul(f32x4.sub(bi, dr), s), f32x4.mul(f32x4.add(br, di), c)));
    }
  }
}

/** Passes of a transform of `size` numbers. [any] */
export function passesOf(size: u32): u32 {
  let passes: u32 = 1;
  for (let n = size >> 4; n > 1; n >>= 2) passes += 1;
  return passes;
}

/** What `init` wants. [any] */
export function outerBytes(size: u32): usize {
  return <usize>size << 3;
}

/** Factors that transforms of `size` numbers and fewer share. [any] */
export function innerBytes(size: u32): usize {
  return innerOffset(size);
}

/** Fills `innerBytes(size)` bytes. [control] */
export function fillInner(inner: usize, size: u32): void {
  for (let length: u32 = 16; length < size; length <<= 2) {
    const table = inner + innerOffset(length);
    for (let n: u32 = 0; n < length >> 2; n++) {
      const at = table + <usize>(n >> 2) * 96 + (<usize>(n & 3) << 2);
      for (let j: u32 = 1; j < 4; j++) storeTurn(at + (<usize>(j - 1) << 5), <f64>(n * j) / <f64>length);
    }
  }
}

/** Where the factors for pieces of `length` numbers begin: 6 bytes for each number of all shorter ones. */
@inline function innerOffset(length: u32): usize {
  return <usize>(length - 16) << 1;
}

/** exp(-2 pi i turns), the imaginary part 16 bytes behind the real one. */
function storeTurn(at: usize, turns: f64): void {
  store<f32>(at, <f32>Math.cos(2.0 * Math.PI * turns));
  store<f32>(at, <f32>-Math.sin(2.0 * Math.PI * turns), 16);
}

/** The real part of (re + i im) (c + i s). [render] */
@inline export function productRe(re: v128, im: v128, c: v128, s: v128): v128 {
  return f32x4.sub(f32x4.mul(re, c), f32x4.mul(im, s));
}

/** The imaginary part of it. [render] */
@inline export function productIm(re: v128, im: v128, c: v128, s: v128): v128 {
  return f32x4.add(f32x4.mul(re, s), f32x4.mul(im, c));
}

// by the factor turned the other way
@inline function backRe(re: v128, im: v128, c: v128, s: v128): v128 {
  return f32x4.add(f32x4.mul(re, c), f32x4.mul(im, s));
}

@inline function backIm(re: v128, im: v128, c: v128, s: v128): v128 {
  return f32x4.sub(f32x4.mul(im, c), f32x4.mul(re, s));
}

@inline function storeProduct(at: usize, re: v128, im: v128, w: usize): void {
  const c = v128.load(w);
  const s = v128.load(w, 16);
  v128.store(at, productRe(re, im, c, s));
  v128.store(at, productIm(re, im, c, s), 16);
}

/** Four numbers of one frequency each become four of one place each, `step` bytes apart. */
@inline function storeJoined(at: usize, step: usize, r0: v128, i0: v128, r1: v128, i1: v128, r2: v128, i2: v128, r3: v128, i3: v128): void {
  const ar = f32x4.add(r0, r2);
  const ai = f32x4.add(i0, i2);
  const br = f32x4.sub(r0, r2);
  const bi = f32x4.sub(i0, i2);
  const cr = f32x4.add(r1, r3);
  const ci = f32x4.add(i1, i3);
  const dr = f32x4.sub(r1, r3);
  const di = f32x4.sub(i1, i3);
  v128.store(at, f32x4.add(ar, cr));
  v128.store(at, f32x4.add(ai, ci), 16);
  v128.store(at + step, f32x4.sub(br, di));
  v128.store(at + step, f32x4.add(bi, dr), 16);
  v128.store(at + 2 * step, f32x4.sub(ar, cr));
  v128.store(at + 2 * step, f32x4.sub(ai, ci), 16);
  v128.store(at + 3 * step, f32x4.add(br, di));
  v128.store(at + 3 * step, f32x4.sub(bi, dr), 16);
}
