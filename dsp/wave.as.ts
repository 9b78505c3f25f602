/**
 * Waveforms, four frames at a time. Phases are the upper 32 bits of a 64-bit phase that wraps once a cycle: exact, however
 * long a tone lasts and however blocks are cut. Cost of four frames, multiplications and additions: sine 9 and 6, saw 3 and 2, square
 * 4 and 4, pulse 4 and 6, triangle 10 and 7 with a division; to each come some bit operations. [render]
 */

const CYCLE: f64 = 18446744073709551616.0; // 2^64
const HALF: i32 = i32.MIN_VALUE; // half a cycle
const PER_HALF: f32 = 4.656612873077393e-10; // 2^-31: half a cycle as 1
const PER_QUARTER: f32 = 9.313225746154785e-10; // 2^-30

// Constants stand four times in memory: to load them takes a processor a third of what it takes to make them anew in every
// turn of a loop.
const HALVES: usize = memory.data<i32>([HALF, HALF, HALF, HALF], 16);
const ONES: usize = memory.data<f32>([1, 1, 1, 1], 16);
const PER_HALVES: usize = memory.data<f32>([PER_HALF, PER_HALF, PER_HALF, PER_HALF], 16);
const PER_QUARTERS: usize = memory.data<f32>([PER_QUARTER, PER_QUARTER, PER_QUARTER, PER_QUARTER], 16);

// Of the sine: radians of a phase, and the terms of its series.
const RADIANS: f32 = <f32>(Math.PI * 0.5 * 9.313225746154785e-10);
const X3: f32 = <f32>(-1.0 / 6.0);
const X5: f32 = <f32>(1.0 / 120.0);
const X7: f32 = <f32>(-1.0 / 5040.0);
const X9: f32 = <f32>(1.0 / 362880.0);
const X11: f32 = <f32>(-1.0 / 39916800.0);
const X13: f32 = <f32>(1.0 / 6227020800.0);
const SINE: usize = memory.data<f32>(
  [
    RADIANS, RADIANS, RADIANS, RADIANS, X3, X3, X3, X3, X5, X5, X5, X5, X7, X7, X7, X7, X9, X9, X9, X9, X11, X11, X11, X11,
    X13, X13, X13, X13,
  ],
  16,
);

/** The step of a phase for a frame, from cycles per frame (0 to below 1). */
@inline export function phaseStep(cyclesPerFrame: f64): u64 {
  return <u64>(cyclesPerFrame * CYCLE);
}

/** The upper halves of four phases: `low` holds those of frames 0 and 1, `high` of frames 2 and 3. */
@inline export function upperPhases(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(low, high, 1, 3, 5, 7);
}

/** Triangle folded out of a phase: 0, 1, 0, -1 at every quarter, as i32 of 2^30. */
@inline function fold(phases: v128): v128 {
  // the outer quarters are those where the two highest bits differ
  const outer = i32x4.shr_s(v128.xor(phases, i32x4.shl(phases, 1)), 31);
  return v128.bitselect(i32x4.sub(v128.load(HALVES), phases), phases, outer);
}

/**
 * sin(2 pi phase), within 1.2e-7: the fold is exact, then the Taylor series to x^13; the first term left out, (pi/2)^15 / 15!,
 * is 7e-10.
 */
@inline export function sineWave(phases: v128): v128 {
  const x = f32x4.mul(f32x4.convert_i32x4_s(fold(phases)), v128.load(SINE));
  const y = f32x4.mul(x, x);
  let sum = f32x4.add(f32x4.mul(v128.load(SINE, 96), y), v128.load(SINE, 80));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(SINE, 64));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(SINE, 48));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(SINE, 32));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(SINE, 16));
  return f32x4.add(x, f32x4.mul(f32x4.mul(x, y), sum));
}

/**
 * What a band-limited step adds, times half its height, around phase 0 (`phases` counted from the step): see poly-blep.as.ts.
 *
 * @param perStep 2^-32 / cycles per frame: how many frames a phase is away
 */
@inline function blep(phases: v128, perStep: v128): v128 {
  const distance = f32x4.mul(f32x4.convert_i32x4_s(phases), perStep);
  const rest = f32x4.pmax(f32x4.splat(0), f32x4.sub(v128.load(ONES), f32x4.abs(distance)));
  // (1 - |d|)^2, negative where d >= 0
  const sign = v128.andnot(v128.load(HALVES), distance);
  return v128.or(f32x4.mul(rest, rest), sign);
}

/** What a band-limited corner adds, times its change of slope for a frame. */
@inline function blamp(phases: v128, perStep: v128): v128 {
  const distance = f32x4.abs(f32x4.mul(f32x4.convert_i32x4_s(phases), perStep));
  const rest = f32x4.pmax(f32x4.splat(0), f32x4.sub(v128.load(ONES), distance));
  return f32x4.mul(f32x4.mul(rest, rest), f32x4.mul(rest, f32x4.splat(<f32>(1.0 / 6.0))));
}

/** Rises through 0 at phase 0, falls from 1 to -1 at half a cycle; its step is band limited. */
@inline export function sawWave(phases: v128, perStep: v128): v128 {
  const bare = f32x4.mul(f32x4.convert_i32x4_s(phases), v128.load(PER_HALVES));
  return f32x4.sub(bare, blep(v128.xor(phases, v128.load(HALVES)), perStep));
}

/** 1 in the first half of a cycle, then -1; both steps are band limited. */
@inline export function squareWave(phases: v128, perStep: v128): v128 {
  const bare = v128.or(v128.load(ONES), v128.and(phases, v128.load(HALVES)));
  const steps = f32x4.sub(blep(phases, perStep), blep(v128.xor(phases, v128.load(HALVES)), perStep));
  return f32x4.add(bare, steps);
}

/**
 * 1 in the first `width` (of 2^32) of a cycle, then -1, without an offset: its mean, 2 width - 1, is taken off. Both steps are
 * band limited. A width of half a cycle is the square.
 */
@inline export function pulseWave(phases: v128, perStep: v128, width: u32): v128 {
  const fall = i32x4.splat(width);
  // unsigned: in the first part the phase is below the width
  const isLow = i32x4.ge_u(phases, fall);
  const bare = v128.or(v128.load(ONES), v128.and(isLow, v128.load(HALVES)));
  const steps = f32x4.sub(blep(phases, perStep), blep(i32x4.sub(phases, fall), perStep));
  const mean = <f32>(2.0 * <f64>width * (1.0 / 4294967296.0) - 1.0);
  return f32x4.sub(f32x4.add(bare, steps), f32x4.splat(mean));
}

/** 0, 1, 0, -1 at every quarter; both corners are band limited. */
@inline export function triangleWave(phases: v128, perStep: v128): v128 {
  const bare = f32x4.mul(f32x4.convert_i32x4_s(fold(phases)), v128.load(PER_QUARTERS));
  const quarter = i32x4.splat(1 << 30);
  const corners = f32x4.sub(blamp(i32x4.add(phases, quarter), perStep), blamp(i32x4.sub(phases, quarter), perStep));
  // a slope of 4 a cycle becomes one of -4: 8 cycles per frame, which is 8 * 2^-32 / perStep
  return f32x4.add(bare, f32x4.mul(corners, f32x4.div(f32x4.splat(<f32>(8.0 / 4294967296.0)), perStep)));
}
