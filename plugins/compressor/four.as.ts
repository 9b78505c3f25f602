/**
 * Four channels of compressors side by side. [render]
 *
 * What one of them has, and room for what is under way.
 *
 *   0 { key usize, input usize, output usize, state usize }[4] · 64 Curve[4] · 192 { wet f32, dry f32 }[4]
 * 224 attack f32[4] · 240 release f32[4] · 256 reduction f32[4] · 272 lost f32[4] · 288 largest reductions v128[4]
 */
import { CURVE_BYTES, largestOf } from './curve.as';
import { exp2MinusFour } from '../../dsp/logarithm.as';
import { Larger, smoothFour } from './smooth.as';

const RATES: usize = 224;
const STATES: usize = 256;
const LARGEST: usize = 288;

export const FOUR_BYTES: usize = 352;

@final
@unmanaged
export class Four {
  /** Puts a channel into a lane, 0 to 3. */
  @inline channel(lane: u32, key: usize, input: usize, output: usize, curve: usize, wet: f32, dry: f32): void {
    const at = changetype<usize>(this) + (<usize>lane << 4);
    store<usize>(at, key);
    store<usize>(at, input, 4);
    store<usize>(at, output, 8);
    const own = changetype<usize>(this) + 64 + <usize>lane * CURVE_BYTES;
    v128.store(own, v128.load(curve));
    v128.store(own, v128.load(curve, 16), 16);
    const mix = changetype<usize>(this) + (<usize>lane << 3);
    store<f32>(mix, wet, 192);
    store<f32>(mix, dry, 196);
  }

  /** Puts the smoothing of a channel into a lane. */
  @inline take(lane: u32, state: usize, attack: f32, release: f32): void {
    store<usize>(changetype<usize>(this) + (<usize>lane << 4), state, 12);
    const at = changetype<usize>(this) + (<usize>lane << 2);
    store<f32>(at, attack, RATES);
    store<f32>(at, release, RATES + 16);
    store<f32>(at, load<f32>(state), STATES);
    store<f32>(at, load<f32>(state, 4), STATES + 16);
  }

  /** Gives a lane's state back to its channel. */
  @inline give(lane: u32): void {
    const state = load<usize>(changetype<usize>(this) + (<usize>lane << 4), 12);
    const at = changetype<usize>(this) + (<usize>lane << 2);
    store<f32>(state, load<f32>(at, STATES));
    store<f32>(state, load<f32>(at, STATES + 16), 4);
  }

  /** The largest reduction of a lane in `compress`. */
  @inline largest(lane: u32): f32 {
    return largestOf(v128.load(changetype<usize>(this) + (<usize>lane << 4), LARGEST));
  }

  /** Smooths rows of a multiple of four frames. */
  smooth<S>(a: usize, b: usize, c: usize, d: usize, frames: u32): void {
    const bytes = <usize>frames << 2;
    for (let i: usize = 0; i < bytes; i += 16) {
      smoothFour<S>(changetype<usize>(this) + RATES, a + i, b + i, c + i, d + i);
    }
  }

  /**
   * Renders a multiple of four frames whose levels are their magnitudes, by the curve C; every attack is at least as fast as the
   * release, and nothing moves. The same operations in the same order as one after the other in `curve`, `smooth` and
   * `gains`, so the same bits; but of three groups of four frames that are under way in each turn none waits for another:
   * levels of one, smoothing of the one before, gains of the one before that.
   *
   * @param rows v128[4] for every four frames
   */
  compress<C>(frames: u32, rows: usize): void {
    const four = changetype<usize>(this);
    memory.fill(four + LARGEST, 0, 64);
    const bytes = <usize>frames << 2;
    for (let i: usize = 0; i < bytes + 32; i += 16) {
      const row = rows + (i << 2);
      if (i < bytes) {
        v128.store(row, wanted<C>(four, 0, i));
        v128.store(row, wanted<C>(four, 1, i), 16);
        v128.store(row, wanted<C>(four, 2, i), 32);
        v128.store(row, wanted<C>(four, 3, i), 48);
      }
      if (i - 16 < bytes) smoothFour<Larger>(four + RATES, row - 64, row - 48, row - 32, row - 16); // unsigned: not at 0
      if (i >= 32) {
        apply(four, 0, row - 128, i - 32);
        apply(four, 1, row - 112, i - 32);
        apply(four, 2, row - 96, i - 32);
        apply(four, 3, row - 80, i - 32);
      }
    }
  }
}

/** The reductions that four frames of a lane ask for. */
@inline function wanted<C>(four: usize, lane: usize, i: usize): v128 {
  const level = f32x4.abs(v128.load(load<usize>(four + (lane << 4)) + i));
  return changetype<C>(0).of(level, four + 64 + lane * CURVE_BYTES);
}

/** Four frames of a lane with their reductions: output = input (wet gain + dry). */
@inline function apply(four: usize, lane: usize, row: usize, i: usize): void {
  const reduction = v128.load(row);
  const largest = four + (lane << 4);
  v128.store(largest, f32x4.pmax(v128.load(largest, LARGEST), reduction), LARGEST);
  const mix = four + (lane << 3);
  const wet = f32x4.mul(exp2MinusFour(reduction), v128.load_splat<f32>(mix, 192));
  const gain = f32x4.add(wet, v128.load_splat<f32>(mix, 196));
  const input = load<usize>(four + (lane << 4), 4);
  const output = load<usize>(four + (lane << 4), 8);
  v128.store(output + i, f32x4.mul(v128.load(input + i), gain));
}
