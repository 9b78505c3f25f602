import { CELL_FRAMES, CONVOLVER_LEVEL_BYTES, ConvolverLevel, NO_ROUTE } from './convolver-level.as';
import { fillInner, innerBytes, passesOf } from './right-angle.as';

/** Frames of a response that are multiplied out; as many lie before the first level. */
const HEAD_FRAMES: u32 = 128;
const SMALLEST: u32 = 64; // of the levels' parts
const LARGEST: u32 = 16384;
const MOST_LEVELS: u32 = 5;
const HISTORY_FRAMES: u32 = HEAD_FRAMES + CELL_FRAMES;

/**
 * Convolution with long impulse responses, without added latency, of one or two inputs and outputs: y[o][n] = sum over inputs i
 * and k of h[o][i][k] x[i][n - k].
 *
 * The first 128 frames of a response are multiplied out frame by frame. Behind them come levels of parts of 64, 256, 1,024, 4,096
 * and 16,384 frames (convolver-level.as.ts); a level goes as far as the next one can begin, the last one to the end. Levels do
 * their work in equal shares every 32 frames, counted from the reset: no block costs much more than another, and the sound is the
 * same, bit for bit, however blocks are cut.
 * Sources: W. Gardner, "Efficient Convolution without Input-Output Delay", J. Audio Eng. Soc. 43(3), 1995 (parts that grow, with
 * time of one part for the work); G. García, "Optimal Filter Partition for Efficient Convolution with Short Input/Output Delay",
 * AES 113, 2002 (a delay line of spectra in every level).
 * Cost for a frame, one input and output: 64 vector operations for the head, 2 for each part of a level, 13 to 30 for the
 * transforms of a level.
 * Memory: 8 bytes for each frame of each response and of each input, and up to 0.4 MB and 0.5 MB for each input and output together.
 *
 *  0 inputs u32 · 4 outputs u32 · 8 responses u32 · 12 length u32 · 16 routes (u32[2][2]: by output and input, a response or NO_ROUTE)
 * 32 levels u32 · 36 position u32, in the cell · 40 frame u32, where the cell began · 44 heads usize (f32[128] by response)
 * 48 history usize (f32[128 + 32] by input: what the cell's head hears) · 52 rings usize (f32[ringFrames] by input) · 56 ringFrames u32
 * 60 inner usize · 64 ConvolverLevel[5]
 */
@final
@unmanaged
export class Convolver {
  inputs: u32;
  outputs: u32;
  responses: u32;
  length: u32;
  route0: u32;
  route1: u32;
  route2: u32;
  route3: u32;
  levels: u32;
  position: u32;
  frame: u32;
  heads: usize;
  history: usize;
  rings: usize;
  ringFrames: u32;
  inner: usize;

  /**
   * Says what it will be: 1 or 2 inputs and outputs, up to 4 responses of `length` frames each. Routes are given by `connect`
   * before, memory by `place` then. [control]
   */
  plan(inputs: u32, outputs: u32, responses: u32, length: u32): void {
    this.inputs = inputs;
    this.outputs = outputs;
    this.responses = responses;
    this.length = length;
    this.levels = 0;
    this.ringFrames = 0;
    let routes: u32 = 0;
    for (let o: u32 = 0; o < outputs; o++) for (let i: u32 = 0; i < inputs; i++) if (load<u32>(this.routeAt(o, i)) != NO_ROUTE) routes += 1;
    let size = SMALLEST;
    for (let first = HEAD_FRAMES; first < length; size <<= 2) {
      const next = size << 3; // where the level after this one would begin
      const isLast = size == LARGEST || !isWorthwhile(size << 2, length, routes, inputs + outputs);
      const end = isLast ? length : next;
      this.level(this.levels).plan(size, (end - first + size - 1) / size, inputs, outputs, this.routeAt(0, 0));
      this.levels += 1;
      this.ringFrames = size << 2;
      first = end;
    }
  }

  /** `response` is heard from an input at an output; NO_ROUTE: nothing is. Before `plan`. [control] */
  connect(output: u32, input: u32, response: u32): void {
    store<u32>(this.routeAt(output, input), response);
  }

  /** Takes its memory. [control] @param owner `allocate(bytes)` gives zeroed bytes, 16-byte aligned */
  place<A>(owner: A): void {
    this.heads = owner.allocate((<usize>HEAD_FRAMES << 2) * <usize>this.responses);
    this.history = owner.allocate((<usize>HISTORY_FRAMES << 2) * <usize>this.inputs);
    if (!this.levels) return;
    const largest = this.ringFrames >> 2;
    this.rings = owner.allocate((<usize>this.ringFrames << 2) * <usize>this.inputs);
    this.inner = owner.allocate(innerBytes(largest));
    fillInner(this.inner, largest);
    for (let l: u32 = 0; l < this.levels; l++) this.level(l).place<A>(owner, this.responses, this.inner);
  }

  /**
   * Takes a response, after `place` and before `reset`. [control]
   *
   * @param source gives its frames: `read(first, frames, to)` writes f32[frames]
   */
  load<S>(response: u32, source: S): void {
    source.read(0, min(HEAD_FRAMES, this.length), this.heads + ((<usize>response * <usize>HEAD_FRAMES) << 2));
    let first = HEAD_FRAMES;
    for (let l: u32 = 0; l < this.levels; l++) {
      const level = this.level(l);
      for (let part: u32 = 0; part < level.parts && first < this.length; part++, first += level.size) {
        const frames = min(level.size, this.length - first);
        memory.fill(this.rings, 0, <usize>level.size << 2);
        source.read(first, frames, this.rings);
        level.load(response, part, this.rings);
      }
    }
  }

  /** Forgets the past. [render] */
  reset(): void {
    memory.fill(this.history, 0, (<usize>HISTORY_FRAMES << 2) * <usize>this.inputs);
    if (this.levels) memory.fill(this.rings, 0, (<usize>this.ringFrames << 2) * <usize>this.inputs);
    for (let l: u32 = 0; l < this.levels; l++) this.level(l).reset();
    this.position = 0;
    this.frame = 0;
  }

  /** Frames of silence after which nothing of what came before is in it: a part of the largest level more than is heard. [any] */
  get settledFrames(): u32 {
    return this.length + 4 * (this.ringFrames >> 2) + CELL_FRAMES;
  }

  /**
   * f32[frames] of every input and output; with one of them the address of the other is not used. An output is not the memory of an
   * input. [render]
   */
  process(input0: usize, input1: usize, output0: usize, output1: usize, frames: u32): void {
    while (frames) {
      const run = min(frames, CELL_FRAMES - this.position);
      const bytes = <usize>run << 2;
      for (let i: u32 = 0; i < this.inputs; i++) memory.copy(this.now(i), i ? input1 : input0, bytes);
      this.hear(0, output0, run);
      if (this.outputs > 1) this.hear(1, output1, run);
      input0 += bytes;
      input1 += bytes;
      output0 += bytes;
      output1 += bytes;
      frames -= run;
      this.position += run;
      if (this.position == CELL_FRAMES) this.turn();
    }
  }

  private hear(o: u32, output: usize, frames: u32): void {
    let isFirst = true;
    for (let i: u32 = 0; i < this.inputs; i++) {
      const response = load<u32>(this.routeAt(o, i));
      if (response == NO_ROUTE) continue;
      const head = this.heads + ((<usize>response * <usize>HEAD_FRAMES) << 2);
      if (isFirst) multiplyOut(this.now(i), head, this.taps, output, frames, false);
      else multiplyOut(this.now(i), head, this.taps, output, frames, true);
      isFirst = false;
    }
    const frame = this.frame + this.position;
    const bytes = <usize>frames << 2;
    const vectors = bytes & ~15;
    for (let l: u32 = 0; l < this.levels; l++) {
      const from = this.level(l).heard(o, frame);
      let n: usize = 0;
      for (; n < vectors; n += 16) v128.store(output + n, f32x4.add(v128.load(output + n), v128.load(from + n)));
      for (; n < bytes; n += 4) store<f32>(output + n, load<f32>(output + n) + load<f32>(from + n));
    }
  }

  /** A cell is over. */
  private turn(): void {
    const bytes = <usize>CELL_FRAMES << 2;
    const ringBytes = <usize>this.ringFrames << 2;
    for (let i: u32 = 0; i < this.inputs; i++) {
      const history = this.history + (<usize>i * <usize>HISTORY_FRAMES << 2);
      const at = <usize>this.frame << 2;
      if (ringBytes) memory.copy(this.rings + <usize>i * ringBytes + (at & (ringBytes - 1)), history + (<usize>HEAD_FRAMES << 2), bytes);
      memory.copy(history, history + bytes, <usize>HEAD_FRAMES << 2);
    }
    this.position = 0;
    this.frame += CELL_FRAMES;
    for (let l: u32 = 0; l < this.levels; l++) {
      const level = this.level(l);
      level.work();
      if (!(this.frame & (level.size - 1))) level.begin(this.rings, ringBytes, this.frame);
    }
  }

  /** Frames of the head in use: a multiple of 4. */
  @inline private get taps(): u32 {
    return min(HEAD_FRAMES, (this.length + 3) & ~3);
  }

  /** Where the next frame of an input goes. */
  @inline private now(input: u32): usize {
    return this.history + (<usize>(input * HISTORY_FRAMES + HEAD_FRAMES + this.position) << 2);
  }

  @inline private routeAt(output: u32, input: u32): usize {
    return changetype<usize>(this) + 16 + (<usize>(2 * output + input) << 2);
  }

  @inline private level(index: u32): ConvolverLevel {
    return changetype<ConvolverLevel>(changetype<usize>(this) + 64 + <usize>index * CONVOLVER_LEVEL_BYTES);
  }
}

/** Bytes of one Convolver without its space. */
export const CONVOLVER_BYTES: usize = 64 + <usize>MOST_LEVELS * CONVOLVER_LEVEL_BYTES;

/** Whether a level of parts of `size` frames saves more products than its transforms cost: a pass costs about a product. */
function isWorthwhile(size: u32, length: u32, routes: u32, ports: u32): bool {
  const first = size << 1;
  if (length <= first) return false;
  const rest = length - first;
  const saved = <i32>(rest / (size >> 2)) - <i32>((rest + size - 1) / size);
  return saved * <i32>routes > <i32>(ports * passesOf(size));
}

/**
 * output[n] = sum of head[k] x[n - k], or adds that sum. Each frame is summed by itself, in the order of k: the same alone and in vectors.
 *
 * @param taps a multiple of 4
 */
@inline function multiplyOut(x: usize, head: usize, taps: u32, output: usize, frames: u32, isAdded: bool): void {
  const end = head + (<usize>taps << 2);
  const bytes = <usize>frames << 2;
  let n: usize = 0;
  for (; n + 64 <= bytes; n += 64) {
    let a = isAdded ? v128.load(output + n) : f32x4.splat(0);
    let b = isAdded ? v128.load(output + n, 16) : f32x4.splat(0);
    let c = isAdded ? v128.load(output + n, 32) : f32x4.splat(0);
    let d = isAdded ? v128.load(output + n, 48) : f32x4.splat(0);
    let at = x + n;
    for (let k = head; k < end; k += 8, at -= 8) {
      const h = v128.load_splat<f32>(k);
      a = f32x4.add(a, f32x4.mul(h, v128.load(at)));
      b = f32x4.add(b, f32x4.mul(h, v128.load(at, 16)));
      c = f32x4.add(c, f32x4.mul(h, v128.load(at, 32)));
      d = f32x4.add(d, f32x4.mul(h, v128.load(at, 48)));
      const before = at - 4;
      const g = v128.load_splat<f32>(k, 4);
      a = f32x4.add(a, f32x4.mul(g, v128.load(before)));
      b = f32x4.add(b, f32x4.mul(g, v128.load(before, 16)));
      c = f32x4.add(c, f32x4.mul(g, v128.load(before, 32)));
      d = f32x4.add(d, f32x4.mul(g, v128.load(before, 48)));
    }
    v128.store(output + n, a);
    v128.store(output + n, b, 16);
    v128.store(output + n, c, 32);
    v128.store(output + n, d, 48);
  }
  for (; n + 16 <= bytes; n += 16) {
    let a = isAdded ? v128.load(output + n) : f32x4.splat(0);
    let at = x + n;
    for (let k = head; k < end; k += 4, at -= 4) a = f32x4.add(a, f32x4.mul(v128.load_splat<f32>(k), v128.load(at)));
    v128.store(output + n, a);
  }
  for (; n < bytes; n += 4) {
    let y: f32 = isAdded ? load<f32>(output + n) : 0;
    let at = x + n;
    for (let k = head; k < end; k += 4, at -= 4) y += load<f32>(k) * load<f32>(at);
    store<f32>(output + n, y);
  }
}
