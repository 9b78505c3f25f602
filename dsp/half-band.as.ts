import { bessel } from './bessel.as';
import { add, all, mul } from './lane.as';

/**
 * The half-band low-pass that doubles and halves a sample rate, in its polyphase form: of every second tap but the middle one
 * nothing is left.
 *
 * Taps at odd distances d = 1, 3, ... 2 K - 1 from the middle: sinc(d / 2) by a Kaiser window, so scaled that their sum is 1/2
 * on each side; the middle tap is 1. Source: R. Crochiere and L. Rabiner, "Multirate Digital Signal Processing", 1983,
 * section 7.7; J. Kaiser, "Nonrecursive Digital Filter Design Using the I0-sinh Window Function", 1974: beta = 0.1102 (A - 8.7).
 *
 * Up and down again takes 2 K - 1 frames of the lower rate. Cost of each for a frame of the lower rate: K multiplications,
 * 2 K additions.
 */

const BETA: f64 = 0.1102 * (100.0 - 8.7); // stop band 100 dB down

/** K taps as f32 at `taps`. [control] */
export function halfBandTaps(taps: usize, count: u32): void {
  let sum: f64 = 0;
  for (let i: u32 = 0; i < count; i++) sum += tap(i, count);
  for (let i: u32 = 0; i < count; i++) store<f32>(taps + (<usize>i << 2), <f32>((0.5 * tap(i, count)) / sum));
}

function tap(i: u32, count: u32): f64 {
  const d = <f64>(2 * i + 1);
  const x = Math.PI * 0.5 * d;
  const place = d / <f64>(2 * count);
  return (Math.sin(x) / x) * bessel(BETA * Math.sqrt(1.0 - place * place));
}

/**
 * Two values for one, of T. `input` is the first of `frames` values, behind 2 K - 1 earlier ones. [render]
 * output[2 n] = input[n - K], output[2 n + 1] lies between it and the next.
 */
export function halfBandUp<T>(input: usize, frames: u32, output: usize, taps: usize, count: u32): void {
  const size = sizeof<T>();
  let n: u32 = 0;
  if (!isVector<T>()) {
    for (; n + 4 <= frames; n += 4) {
      const late = input - <usize>count * 4;
      const own = v128.load(late);
      const between = fourPairs<One>(late, late + 4, 4, taps, count);
      v128.store(output, v128.shuffle<f32>(own, between, 0, 4, 1, 5));
      v128.store(output, v128.shuffle<f32>(own, between, 2, 6, 3, 7), 16);
      input += 16;
      output += 32;
    }
  }
  for (; n < frames; n++) {
    const late = input - <usize>count * size;
    store<T>(output, load<T>(late));
    store<T>(output, pairs<T>(late, late + size, size, taps, count), sizeof<T>());
    input += size;
    output += 2 * size;
  }
}

/**
 * One value for two, of T. `input` is the first of 2 `frames` values, behind 4 K - 2 earlier ones. [render]
 *
 * Half of what passes a half-band filter is lost with every second value: the taps are halved.
 */
export function halfBandDown<T>(input: usize, frames: u32, output: usize, taps: usize, count: u32): void {
  const size = sizeof<T>();
  let n: u32 = 0;
  if (!isVector<T>()) {
    for (; n + 4 <= frames; n += 4) {
      const middle = input - 8 * (<usize>count - 1);
      const sum = f32x4.add(changetype<Two>(0).four(middle), fourPairs<Two>(middle - 4, middle + 4, 8, taps, count));
      v128.store(output, f32x4.mul(f32x4.splat(0.5), sum));
      input += 32;
      output += 16;
    }
  }
  for (; n < frames; n++) {
    const middle = input - 2 * (<usize>count - 1) * size;
    const sum = add<T>(load<T>(middle), pairs<T>(middle - size, middle + size, 2 * size, taps, count));
    store<T>(output, mul<T>(all<T>(0.5), sum));
    input += 2 * size;
    output += size;
  }
}

/** Sum of taps[i] (before[-i] + after[i]), in two sums of which neither waits for the other. */
@inline function pairs<T>(before: usize, after: usize, step: usize, taps: usize, count: u32): T {
  let even = all<T>(0);
  let odd = all<T>(0);
  for (const end = taps + (<usize>count << 2); taps < end; taps += 8) {
    even = add<T>(even, mul<T>(all<T>(load<f32>(taps)), add<T>(load<T>(before), load<T>(after))));
    odd = add<T>(odd, mul<T>(all<T>(load<f32>(taps, 4)), add<T>(load<T>(before - step), load<T>(after + step))));
    before -= 2 * step;
    after += 2 * step;
  }
  return add<T>(even, odd);
}

/**
 * The same for four values of one channel at once, in the same order, so the same bits: what is four frames (One) or four pairs of
 * frames (Two) on from `before` and `after`.
 */
@inline function fourPairs<S>(before: usize, after: usize, step: usize, taps: usize, count: u32): v128 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  for (const end = taps + (<usize>count << 2); taps < end; taps += 8) {
    const near = f32x4.add(changetype<S>(0).four(before), changetype<S>(0).four(after));
    const far = f32x4.add(changetype<S>(0).four(before - step), changetype<S>(0).four(after + step));
    even = f32x4.add(even, f32x4.mul(v128.load_splat<f32>(taps), near));
    odd = f32x4.add(odd, f32x4.mul(v128.load_splat<f32>(taps, 4), far));
    before -= 2 * step;
    after += 2 * step;
  }
  return f32x4.add(even, odd);
}

// How far apart four values are, as types: `fourPairs` is compiled once for each.
@unmanaged
class One {
  @inline four(at: usize): v128 {
    return v128.load(at);
  }
}

@unmanaged
class Two {
  @inline four(at: usize): v128 {
    return v128.shuffle<f32>(v128.load(at), v128.load(at, 16), 0, 2, 4, 6);
  }
}
