import { Instance } from './instance.as';

/** Frames that a vector of four channels renders at once: 2 KiB, so that every section of a filter finds them in the cache. */
export const LANE_FRAMES: u32 = 128;
/** Bytes of one Lanes. */
export const LANES_BYTES: usize = 80 + <usize>LANE_FRAMES * 16;

/**
 * One to four channels that are rendered together, each of them lane `unit` of an instance: what a kernel that is
 * written once finds its places by. A lane that is not filled repeats the first one, so that reading, computing and
 * writing four lanes is always right.
 *
 *  0 { instance usize, unit u32 }[4] · 32 and 48 rows of addresses usize[4] · 64 count u32 · 68 unused u32[3]
 * 80 data v128[LANE_FRAMES]
 */
@final
@unmanaged
export class Lanes {
  /** How many lanes are filled. */
  @inline get count(): u32 {
    return load<u32>(changetype<usize>(this), 64);
  }

  @inline clear(): void {
    store<u32>(changetype<usize>(this), 0, 64);
  }

  /** v128[LANE_FRAMES] that nobody else uses while these lanes are rendered. */
  @inline get data(): usize {
    return changetype<usize>(this) + 80;
  }

  /** Fills the next lane. */
  @inline push(instance: usize, unit: u32): void {
    const count = this.count;
    const at = changetype<usize>(this) + (<usize>count << 3);
    store<usize>(at, instance);
    store<u32>(at, unit, 4);
    store<u32>(changetype<usize>(this), count + 1, 64);
  }

  /** Lets the lanes that are not filled repeat the first one. */
  @inline close(): void {
    const first = load<u64>(changetype<usize>(this));
    for (let lane = this.count; lane < 4; lane++) store<u64>(changetype<usize>(this) + (<usize>lane << 3), first);
  }

  /** The instance in a lane, 0 to 3. */
  @inline instance(lane: u32): usize {
    return load<usize>(changetype<usize>(this) + (<usize>lane << 3));
  }

  /** Which of its instance's channels a lane is. */
  @inline unit(lane: u32): u32 {
    return load<u32>(changetype<usize>(this) + (<usize>lane << 3), 4);
  }

  /** Notes an address for a lane: where the kernel keeps what `block` (COEFFICIENTS, STATES) of a DSP block is the lane's. */
  @inline place(block: usize, lane: u32, address: usize): void {
    store<usize>(changetype<usize>(this) + block + (<usize>lane << 2), address);
  }

  @inline at(block: usize, lane: u32): usize {
    return load<usize>(changetype<usize>(this) + block + (<usize>lane << 2));
  }

  /**
   * The input channels of the lanes, from frame `from` to before `to` (at most LANE_FRAMES frames), as values of T one
   * after the other. For T = f32 that is the output channel itself, filled with the input.
   */
  @inline read<T>(from: u32, to: u32): usize {
    const at = <usize>from << 2;
    if (isVector<T>()) {
      const data = this.data;
      interleave(this.input(0) + at, this.input(1) + at, this.input(2) + at, this.input(3) + at, data, to - from);
      return data;
    }
    const output = this.output(0) + at;
    memory.copy(output, this.input(0) + at, <usize>(to - from) << 2);
    return output;
  }

  /** The way back from `read`: to the output channels. */
  @inline write<T>(data: usize, from: u32, to: u32): void {
    if (!isVector<T>()) return;
    const at = <usize>from << 2;
    separate(data, this.output(0) + at, this.output(1) + at, this.output(2) + at, this.output(3) + at, to - from);
  }

  @inline input(lane: u32): usize {
    return changetype<Instance>(this.instance(lane)).in(this.unit(lane));
  }

  @inline output(lane: u32): usize {
    return changetype<Instance>(this.instance(lane)).out(this.unit(lane));
  }
}

/** Rows of addresses in Lanes. */
export const COEFFICIENTS: usize = 32;
export const STATES: usize = 48;

/** What stands `offset` bytes behind four addresses (for T = f32 behind the first). [render] */
@inline export function gather<T>(a: usize, b: usize, c: usize, d: usize, offset: usize): T {
  if (isVector<T>()) {
    let value = v128.load_zero<f32>(a + offset);
    value = v128.load_lane<f32>(b + offset, value, 1);
    value = v128.load_lane<f32>(c + offset, value, 2);
    return v128.load_lane<f32>(d + offset, value, 3);
  }
  return load<f32>(a + offset);
}

/** The way back. [render] */
@inline export function scatter<T>(a: usize, b: usize, c: usize, d: usize, offset: usize, value: T): void {
  if (isVector<T>()) {
    v128.store_lane<f32>(a + offset, value, 0);
    v128.store_lane<f32>(b + offset, value, 1);
    v128.store_lane<f32>(c + offset, value, 2);
    v128.store_lane<f32>(d + offset, value, 3);
  } else {
    store<f32>(a + offset, value);
  }
}

/** Four channels become vectors, one for each frame. Cost of four frames of all: 4 loads, 8 shuffles, 4 stores. [render] */
export function interleave(a: usize, b: usize, c: usize, d: usize, data: usize, frames: u32): void {
  const whole = <usize>(frames & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += 16) {
    const va = v128.load(a + i);
    const vb = v128.load(b + i);
    const vc = v128.load(c + i);
    const vd = v128.load(d + i);
    const abLow = v128.shuffle<f32>(va, vb, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(va, vb, 2, 6, 3, 7);
    const cdLow = v128.shuffle<f32>(vc, vd, 0, 4, 1, 5);
    const cdHigh = v128.shuffle<f32>(vc, vd, 2, 6, 3, 7);
    const to = data + (i << 2);
    v128.store(to, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
    v128.store(to, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7), 16);
    v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), 32);
    v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), 48);
  }
  for (; i < <usize>frames << 2; i += 4) v128.store(data + (i << 2), gather<v128>(a, b, c, d, i));
}

/** The way back from `interleave`, at the same cost. [render] */
export function separate(data: usize, a: usize, b: usize, c: usize, d: usize, frames: u32): void {
  const whole = <usize>(frames & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += 16) {
    const from = data + (i << 2);
    const v0 = v128.load(from);
    const v1 = v128.load(from, 16);
    const v2 = v128.load(from, 32);
    const v3 = v128.load(from, 48);
    const low01 = v128.shuffle<f32>(v0, v1, 0, 4, 1, 5);
    const high01 = v128.shuffle<f32>(v0, v1, 2, 6, 3, 7);
    const low23 = v128.shuffle<f32>(v2, v3, 0, 4, 1, 5);
    const high23 = v128.shuffle<f32>(v2, v3, 2, 6, 3, 7);
    v128.store(a + i, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
    v128.store(b + i, v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
    v128.store(c + i, v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
    v128.store(d + i, v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
  }
  for (; i < <usize>frames << 2; i += 4) scatter<v128>(a, b, c, d, i, v128.load(data + (i << 2)));
}
