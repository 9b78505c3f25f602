import { clean } from '../../dsp/clean.as';
import { exp2MinusFour } from '../../dsp/logarithm.as';
import { Slide } from './oscillator.as';

/** Highest cutoff, in octaves below the sample rate: 48.9 % of it. tan is 29 there. */
const LEAST_OCTAVES: f32 = 1.032;

/**
 * The state-variable filter of four voices side by side, whose cutoffs move straight through each stride.
 *
 * Source: A. Simper (Cytomic), "Linear Trapezoidal Integrated SVF", SvfLinearTrapOptimised2, 2013: g = tan(pi cutoff),
 * a1 = 1 / (1 + g (g + k)), a2 = g a1, a3 = g a2. As in dsp/svf.as.ts what is added to a state is computed by itself, from
 * n1 = 2 a1 - 2, b1 = 2 a2, b2 = 2 a3, and any mixture of two such sets is stable.
 *
 * f32[4] each: 0 x1 · 16 x2 · 32 n1 · 48 b1 · 64 b2 · 80 n1Change · 96 b1Change · 112 b2Change
 */
@final
@unmanaged
export class VoiceFilter {
  x1: v128;
  x2: v128;
  n1: v128;
  b1: v128;
  b2: v128;
  n1Change: v128;
  b1Change: v128;
  b2Change: v128;

  /** Is at cutoffs `octaves` below the sample rate at once, where `lanes` are set; their states are zero. [render] */
  start(octaves: v128, k: f32, lanes: v128): void {
    const g = gainOf(octaves);
    const n1 = n1Of(g, k);
    const b1 = b1Of(g, k);
    this.n1 = v128.bitselect(n1, this.n1, lanes);
    this.b1 = v128.bitselect(b1, this.b1, lanes);
    this.b2 = v128.bitselect(f32x4.mul(g, b1), this.b2, lanes);
    this.x1 = v128.andnot(this.x1, lanes);
    this.x2 = v128.andnot(this.x2, lanes);
  }

  /** Heads for cutoffs within `stride` frames. [render] */
  aim(octaves: v128, k: f32, stride: u32): void {
    const share = f32x4.splat(<f32>1 / <f32>stride);
    const g = gainOf(octaves);
    const b1 = b1Of(g, k);
    this.n1Change = f32x4.mul(f32x4.sub(n1Of(g, k), this.n1), share);
    this.b1Change = f32x4.mul(f32x4.sub(b1, this.b1), share);
    this.b2Change = f32x4.mul(f32x4.sub(f32x4.mul(g, b1), this.b2), share);
    this.x1 = clean<v128>(this.x1);
    this.x2 = clean<v128>(this.x2);
  }

  /** Filters rows in place: `dry` input + `band` band + `low` low. [render] */
  filter(rows: usize, frames: u32, left: u32, dry: Slide, band: Slide, low: Slide): void {
    const half = f32x4.splat(0.5);
    const one = f32x4.splat(1);
    const dryTo = f32x4.splat(dry.to);
    const bandTo = f32x4.splat(band.to);
    const lowTo = f32x4.splat(low.to);
    const dryChange = f32x4.splat(dry.change);
    const bandChange = f32x4.splat(band.change);
    const lowChange = f32x4.splat(low.change);
    const n1Change = this.n1Change;
    const b1Change = this.b1Change;
    const b2Change = this.b2Change;
    let x1 = this.x1;
    let x2 = this.x2;
    let n1 = this.n1;
    let b1 = this.b1;
    let b2 = this.b2;
    let lefts = f32x4.splat(<f32>left);
    for (const end = rows + (<usize>frames << 4); rows < end; rows += 16) {
      const v = v128.load(rows);
      const w = f32x4.sub(v, x2);
      const in1 = f32x4.add(f32x4.mul(n1, x1), f32x4.mul(b1, w));
      const in2 = f32x4.add(f32x4.mul(b1, x1), f32x4.mul(b2, w));
      const bandOut = f32x4.add(x1, f32x4.mul(half, in1));
      const lowOut = f32x4.add(x2, f32x4.mul(half, in2));
      const dryGain = f32x4.sub(dryTo, f32x4.mul(dryChange, lefts));
      const bandGain = f32x4.sub(bandTo, f32x4.mul(bandChange, lefts));
      const lowGain = f32x4.sub(lowTo, f32x4.mul(lowChange, lefts));
      const wet = f32x4.add(f32x4.mul(bandGain, bandOut), f32x4.mul(lowGain, lowOut));
      v128.store(rows, f32x4.add(f32x4.mul(dryGain, v), wet));
      x1 = f32x4.add(x1, in1);
      x2 = f32x4.add(x2, in2);
      n1 = f32x4.add(n1, n1Change);
      b1 = f32x4.add(b1, b1Change);
      b2 = f32x4.add(b2, b2Change);
      lefts = f32x4.sub(lefts, one);
    }
    this.x1 = x1;
    this.x2 = x2;
    this.n1 = n1;
    this.b1 = b1;
    this.b2 = b2;
  }
}

/** Bytes of one VoiceFilter. */
export const VOICE_FILTER_BYTES: usize = 128;

/** tan(pi 2^-octaves). */
@inline function gainOf(octaves: v128): v128 {
  const perFrame = exp2MinusFour(f32x4.pmax(f32x4.splat(LEAST_OCTAVES), octaves));
  return tanFour(f32x4.mul(perFrame, f32x4.splat(<f32>Math.PI)));
}

/**
 * tan(x) for 0 to 1.536, within 2e-5 of its size: J. Lambert's continued fraction cut after the sixth term, whose error is
 * 5e-6 at the end, and what f32 loses where the divisor is small.
 */
@inline function tanFour(x: v128): v128 {
  const y = f32x4.mul(x, x);
  let over = f32x4.sub(f32x4.mul(y, f32x4.splat(21)), f32x4.splat(1260));
  over = f32x4.add(f32x4.mul(over, y), f32x4.splat(10395));
  let under = f32x4.sub(f32x4.splat(210), y);
  under = f32x4.sub(f32x4.mul(under, y), f32x4.splat(4725));
  under = f32x4.add(f32x4.mul(under, y), f32x4.splat(10395));
  return f32x4.div(f32x4.mul(x, over), under);
}

@inline function a1Of(g: v128, k: f32): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, f32x4.mul(g, f32x4.add(g, f32x4.splat(k)))));
}

/** 2 a1 - 2, without the difference of two like numbers. */
@inline function n1Of(g: v128, k: f32): v128 {
  const rest = f32x4.mul(g, f32x4.add(g, f32x4.splat(k)));
  return f32x4.mul(f32x4.splat(-2), f32x4.mul(rest, a1Of(g, k)));
}

@inline function b1Of(g: v128, k: f32): v128 {
  return f32x4.mul(f32x4.splat(2), f32x4.mul(g, a1Of(g, k)));
}
