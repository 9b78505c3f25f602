/**
 * One channel of the past, read at any distance: with whole frames, between frames by a straight line, by a cubic, or by an
 * all-pass. A read after `write` at 0 frames is the frame just written.
 *
 * Source: T. Laakso, V. Välimäki, M. Karjalainen and U. Laine, "Splitting the Unit Delay", IEEE Signal Processing Magazine 13(1),
 * 1996: Lagrange interpolation (eq. 42) of order 1 and 3, Thiran's all-pass (eq. 86) of order 1.
 *
 * A straight line loses height towards Nyquist (|H| = |cos(pi f / rate)| midway, -3 dB at a quarter of the rate), the cubic
 * far less (-0.8 dB there), the all-pass none at all; but its state rings when its delay moves.
 * Cost for a read: whole 1 load; linear 2 loads, 1 multiplication; cubic 4 loads, 12; all-pass 2 loads, 2, and a division by `thiranOf`.
 *
 * 0 ring usize (f32[mask + 1]) · 4 mask u32 · 8 position u32, of the next frame, counted without end
 */
@final
@unmanaged
export class DelayRing {
  ring: usize;
  mask: u32;
  position: u32;

  /** `ring` holds `ringFrames(longest)` f32 and is zero at first. */
  init(ring: usize, length: u32): void {
    this.ring = ring;
    this.mask = length - 1;
    this.position = 0;
  }

  reset(): void {
    memory.fill(this.ring, 0, (<usize>this.mask + 1) << 2);
    this.position = 0;
  }

  @inline write(x: f32): void {
    store<f32>(this.ring + (<usize>(this.position & this.mask) << 2), x);
    this.position += 1;
  }

  /** The frame written `frames` (0 to the longest) before the last one. */
  @inline whole(frames: u32): f32 {
    return load<f32>(this.ring + (<usize>((this.position - 1 - frames) & this.mask) << 2));
  }

  /** x[n] + fraction (x[n + 1] - x[n]); 0 frames or more. */
  @inline linear(frames: f64): f32 {
    const n = <u32>frames;
    const fraction = <f32>(frames - <f64>n);
    const a = this.whole(n);
    return a + fraction * (this.whole(n + 1) - a);
  }

  /** The cubic through four frames; 1 frame or more. Exact for polynomials up to the third degree. */
  @inline cubic(frames: f64): f32 {
    return cubicOf(this.ring, this.mask, this.position, frames);
  }

  /**
   * All frequencies at full height, and low ones `frames` (0.5 or more) late.
   *
   * @param state address of f32: the last output
   */
  @inline allPass(frames: f64, state: usize): f32 {
    const n = <u32>(frames - 0.5);
    const a = thiranOf(frames - <f64>n);
    const y = a * (this.whole(n) - load<f32>(state)) + this.whole(n + 1);
    store<f32>(state, y);
    return y;
  }
}

/** `cubic` of a ring whose fields the caller holds: in a loop that writes, a field would be read anew each time. [render] */
@inline export function cubicOf(ring: usize, mask: u32, position: u32, frames: f64): f32 {
  const n = <u32>frames;
  const d = <f32>(frames - <f64>n);
  const m1 = d - <f32>1;
  const m2 = d - <f32>2;
  const p1 = d + <f32>1;
  const at = position - 1 - n;
  const a = load<f32>(ring + (<usize>((at + 1) & mask) << 2)) * (-d * m1 * m2 * <f32>(1.0 / 6.0));
  const b = load<f32>(ring + (<usize>(at & mask) << 2)) * (p1 * m1 * m2 * <f32>0.5);
  const c = load<f32>(ring + (<usize>((at - 1) & mask) << 2)) * (-p1 * d * m2 * <f32>0.5);
  return a + b + (c + load<f32>(ring + (<usize>((at - 2) & mask) << 2)) * (p1 * d * m1 * <f32>(1.0 / 6.0)));
}

/** Bytes of one DelayRing. */
export const DELAY_RING_BYTES: usize = 16;

/** f32 of a ring whose longest read is `longest` frames, with what interpolation needs beyond: a power of two. [any] */
export function ringFrames(longest: u32): u32 {
  return <u32>1 << (32 - clz<u32>(longest + 3));
}

/** The coefficient of the all-pass a + z^-1 / (1 + a z^-1) that is late by `delay` (0.5 to 1.5) frames: (1 - d) / (1 + d). [any] */
@inline export function thiranOf(delay: f64): f32 {
  return <f32>((1.0 - delay) / (1.0 + delay));
}
