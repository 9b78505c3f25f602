import { outerBytes, passesOf, productIm, productRe, RightAngle } from './right-angle.as';

/** Frames in which a level does one share of its work; a Convolver counts them from its reset. */
export const CELL_FRAMES: u32 = 32;
const RESPONSES: usize = 32; // where their addresses begin
const PASTS: usize = 48;
/** What a group costs in the pass that writes a spectrum, whose groups lie far apart: as much as two. */
const SCATTERED: u32 = 2;
/** No response leads from an input to an output. */
export const NO_ROUTE: u32 = 0xffffffff;

/**
 * The part of a convolution that lies 2 size frames and more behind the input, in parts of `size` frames.
 *
 * At the end of every `size` frames the last 2 size of them are given. In the next `size` frames they are transformed, multiplied
 * with the responses together with those before, and transformed back, in equal shares, cell by cell; in the `size` frames after
 * that the result is heard. So the work of a cell is the same in every cell, and what is heard depends on nothing but the frames.
 *
 *   0 transform RightAngle · 16 parts u32 · 20 inputs u32 · 24 outputs u32
 *  28 routes usize (u32[2][2]: by output and input, a response or NO_ROUTE)
 *  32 responses usize[4] (spectra, by group and part) · 48 pasts usize[2] (spectra, by group and place in the ring)
 *  56 past u32, the newest · 60 known u32, of the ring · 64 scratch usize (f32[2 size]) · 68 sums usize (f32[2 size] by output: a ring)
 *  72 stages u32 · 76 stage u32 · 80 pass u32 · 84 group u32: where the work stands
 *  88 credit i32 · 92 share i32: in passes of a group
 *  96 low usize (by input; the other input's is 100) · 104 high usize (· 108) · 112 target usize, in sums
 */
@final
@unmanaged
export class ConvolverLevel {
  size: u32; // of the transform, which begins here
  passes: u32;
  outer: usize;
  inner: usize;
  parts: u32;
  inputs: u32;
  outputs: u32;
  routes: usize;
  response0: usize;
  response1: usize;
  response2: usize;
  response3: usize;
  past0: usize;
  past1: usize;
  past: u32;
  known: u32;
  scratch: usize;
  sums: usize;
  stages: u32;
  stage: u32;
  pass: u32;
  group: u32;
  credit: i32;
  share: i32;
  low0: usize;
  low1: usize;
  high0: usize;
  high1: usize;
  target: usize;

  /** Says what it will be; `place` then gives it memory. [control] */
  plan(size: u32, parts: u32, inputs: u32, outputs: u32, routes: usize): void {
    this.size = size;
    this.parts = parts;
    this.inputs = inputs;
    this.outputs = outputs;
    this.routes = routes;
    this.passes = passesOf(size);
    let perCell = inputs * (this.passes + SCATTERED - 1) + outputs * this.passes;
    for (let o: u32 = 0; o < outputs; o++) perCell += parts * this.routesTo(o);
    this.share = <i32>(perCell * (CELL_FRAMES >> 4));
    this.stages = inputs + 2 * outputs;
  }

  /** Takes its memory, the spectra of each response and input by themselves: large pieces are hard to find. [control] */
  place<A>(owner: A, responses: u32, inner: usize): void {
    const bytes = <usize>this.size << 3;
    this.scratch = owner.allocate(bytes);
    this.sums = owner.allocate(bytes * <usize>this.outputs);
    for (let r: u32 = 0; r < responses; r++) store<usize>(this.slot(r), owner.allocate(bytes * <usize>this.parts), RESPONSES);
    for (let i: u32 = 0; i < this.inputs; i++) store<usize>(this.slot(i), owner.allocate(bytes * <usize>this.parts), PASTS);
    changetype<RightAngle>(changetype<usize>(this)).init(owner.allocate(outerBytes(this.size)), inner, this.size);
  }

  /** Takes f32[size] as a part of a response; they are divided by the size. Not after `reset`. [control] */
  load(response: u32, part: u32, frames: usize): void {
    const transform = changetype<RightAngle>(changetype<usize>(this));
    const groups = transform.groups;
    const size = this.size;
    const scale = <f32>(1.0 / <f64>size);
    for (let n: usize = 0; n < <usize>size << 2; n += 4) store<f32>(frames + n, load<f32>(frames + n) * scale);
    const spectrum = this.response(response) + (<usize>part << 7);
    for (let pass: u32 = 0; pass < this.passes; pass++) {
      transform.forward(pass, 0, groups, frames, this.sums, this.scratch, spectrum, <usize>this.parts << 7);
    }
  }

  /** Forgets the past: the ring of spectra is not cleared, what is in it is no longer known. [render] */
  reset(): void {
    memory.fill(this.sums, 0, (<usize>this.size << 3) * <usize>this.outputs);
    this.past = 0;
    this.known = 0;
    this.stage = this.stages;
    this.credit = 0;
  }

  /** What is heard at a frame, f32: the address for an output; the next `size` - frame % size follow. [render] */
  @inline heard(output: u32, frame: u32): usize {
    const mask = (this.size << 1) - 1;
    return this.sums + (((<usize>output * <usize>(mask + 1)) + <usize>(frame & mask)) << 2);
  }

  /** One share of the work, at the end of a cell. [render] */
  work(): void {
    this.credit += this.share;
    const groups = changetype<RightAngle>(changetype<usize>(this)).groups;
    while (this.credit > 0 && this.stage < this.stages) {
      const isProduct = this.stage >= this.inputs && !((this.stage - this.inputs) & 1);
      let cost: u32 = 1;
      if (isProduct) cost = this.parts * this.routesTo((this.stage - this.inputs) >> 1);
      else if (this.stage < this.inputs && this.pass + 1 == this.passes) cost = SCATTERED;
      const from = this.group;
      const to = min(groups, from + (<u32>this.credit + cost - 1) / cost);
      this.run(from, to);
      this.credit -= <i32>((to - from) * cost);
      this.group = to;
      if (to < groups) continue;
      this.group = 0;
      this.pass += 1;
      if (!isProduct && this.pass < this.passes) continue;
      this.pass = 0;
      this.stage += 1;
    }
  }

  /**
   * At the end of every `size` frames, after their last share: 2 size frames are over. [render]
   *
   * @param ring of the first input, f32[4 size] or a multiple; that of the other follows `bytes` behind it
   * @param frame the next
   */
  begin(ring: usize, bytes: usize, frame: u32): void {
    const mask = bytes - 1;
    const size = this.size;
    this.low0 = ring + ((<usize>(frame - 2 * size) << 2) & mask);
    this.high0 = ring + ((<usize>(frame - size) << 2) & mask);
    this.low1 = this.low0 + bytes;
    this.high1 = this.high0 + bytes;
    this.target = <usize>((frame + size) & (2 * size - 1)) << 2;
    this.past = (this.past ? this.past : this.parts) - 1;
    this.known = min(this.parts, this.known + 1);
    this.stage = 0;
    this.pass = 0;
    this.group = 0;
    this.credit = 0;
  }

  private run(from: u32, to: u32): void {
    const transform = changetype<RightAngle>(changetype<usize>(this));
    const stage = this.stage;
    if (stage < this.inputs) {
      const spectrum = this.pastOf(stage) + (<usize>this.past << 7);
      const low = stage ? this.low1 : this.low0;
      const high = stage ? this.high1 : this.high0;
      transform.forward(this.pass, from, to, low, high, this.scratch, spectrum, <usize>this.parts << 7);
      return;
    }
    const output = (stage - this.inputs) >> 1;
    if ((stage - this.inputs) & 1) {
      const frames = this.sums + ((<usize>output * <usize>this.size) << 3) + this.target;
      transform.inverse(this.pass, from, to, this.scratch, frames);
    } else {
      this.multiply(output, from, to);
    }
  }

  /** Sums of products of all known spectra of the past with those of the responses. */
  private multiply(output: u32, from: u32, to: u32): void {
    const stride = <usize>this.parts << 7;
    const bytes = <usize>this.known << 7;
    const past = <usize>this.past << 7;
    for (let g: usize = from; g < <usize>to; g++) {
      let r0 = f32x4.splat(0);
      let i0 = f32x4.splat(0);
      let r1 = f32x4.splat(0);
      let i1 = f32x4.splat(0);
      let r2 = f32x4.splat(0);
      let i2 = f32x4.splat(0);
      let r3 = f32x4.splat(0);
      let i3 = f32x4.splat(0);
      for (let input: u32 = 0; input < this.inputs; input++) {
        const response = this.route(output, input);
        if (response == NO_ROUTE) continue;
        const ring = this.pastOf(input) + g * stride;
        const ringEnd = ring + stride;
        let x = ring + past;
        let h = this.response(response) + g * stride;
        for (const end = h + bytes; h < end; h += 128) {
          r0 = f32x4.add(r0, productRe(v128.load(x), v128.load(x, 16), v128.load(h), v128.load(h, 16)));
          i0 = f32x4.add(i0, productIm(v128.load(x), v128.load(x, 16), v128.load(h), v128.load(h, 16)));
          r1 = f32x4.add(r1, productRe(v128.load(x, 32), v128.load(x, 48), v128.load(h, 32), v128.load(h, 48)));
          i1 = f32x4.add(i1, productIm(v128.load(x, 32), v128.load(x, 48), v128.load(h, 32), v128.load(h, 48)));
          r2 = f32x4.add(r2, productRe(v128.load(x, 64), v128.load(x, 80), v128.load(h, 64), v128.load(h, 80)));
          i2 = f32x4.add(i2, productIm(v128.load(x, 64), v128.load(x, 80), v128.load(h, 64), v128.load(h, 80)));
          r3 = f32x4.add(r3, productRe(v128.load(x, 96), v128.load(x, 112), v128.load(h, 96), v128.load(h, 112)));
          i3 = f32x4.add(i3, productIm(v128.load(x, 96), v128.load(x, 112), v128.load(h, 96), v128.load(h, 112)));
          x += 128;
          if (x == ringEnd) x = ring;
        }
      }
      const at = this.scratch + (g << 7);
      v128.store(at, r0);
      v128.store(at, i0, 16);
      v128.store(at, r1, 32);
      v128.store(at, i1, 48);
      v128.store(at, r2, 64);
      v128.store(at, i2, 80);
      v128.store(at, r3, 96);
      v128.store(at, i3, 112);
    }
  }

  /** Spectra of a response, by group and part. */
  @inline private response(index: u32): usize {
    return load<usize>(this.slot(index), RESPONSES);
  }

  /** Spectra of an input, by group and place in the ring. */
  @inline private pastOf(input: u32): usize {
    return load<usize>(this.slot(input), PASTS);
  }

  @inline private slot(index: u32): usize {
    return changetype<usize>(this) + (<usize>index << 2);
  }

  @inline private route(output: u32, input: u32): u32 {
    return load<u32>(this.routes + (<usize>(2 * output + input) << 2));
  }

  private routesTo(output: u32): u32 {
    let count: u32 = 0;
    for (let input: u32 = 0; input < this.inputs; input++) if (this.route(output, input) != NO_ROUTE) count += 1;
    return count;
  }
}

/** Bytes of one ConvolverLevel without its space. */
export const CONVOLVER_LEVEL_BYTES: usize = 128;
