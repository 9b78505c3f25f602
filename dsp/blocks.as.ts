// The blocks of this library for their test: not part of any plugin.
import { butterworthK } from './butterworth.as';
import { dbOfGain, gainOfDb } from './decibels.as';
import { Envelope } from './envelope.as';
import { Pink } from './noise.as';
import { polyBlep } from './poly-blep.as';
import { exp2MinusFour, log2Four, PER_EXPONENT, PER_S, PER_S3 } from './logarithm.as';
import { sineOfPhase } from './sine.as';
import { sawWave, sineWave, squareWave, triangleWave } from './wave.as';

export { butterworthK, gainOfDb, sineOfPhase };

// optional arguments cannot cross the border of a module
export function dbOf(gain: f64, floorDb: f64): f64 {
  return dbOfGain(gain, floorDb);
}

export function blep(phase: f64, edge: f64, step: f64): f64 {
  return polyBlep(phase, edge, step);
}

/** The follower's value after `frames` frames at `target`, from `from`. */
export function follow(riseSeconds: f64, fallSeconds: f64, from: f64, target: f64, frames: i32): f64 {
  const envelope = changetype<Envelope>(heap.alloc(offsetof<Envelope>()));
  envelope.value = from;
  envelope.setRise(riseSeconds, 48000);
  envelope.setFall(fallSeconds, 48000);
  for (let i = 0; i < frames; i++) envelope.next(target);
  return envelope.value;
}

let pink: usize = 0;

/** One frame through one pink filter. */
export function pinkOf(white: f64): f64 {
  if (!pink) {
    pink = heap.alloc(offsetof<Pink>());
    memory.fill(pink, 0, offsetof<Pink>());
  }
  return changetype<Pink>(pink).next(white);
}

// of four lanes the third: each is computed alike

/** unit log2(x) - from */
export function log2Of(x: f32, unit: f64, from: f32): f32 {
  const perExponent = f32x4.splat(<f32>(PER_EXPONENT * unit));
  const perS = f32x4.splat(<f32>(PER_S * unit));
  const perS3 = f32x4.splat(<f32>(PER_S3 * unit));
  return f32x4.extract_lane(log2Four(f32x4(1, 2, x, 4), perExponent, perS, perS3, f32x4.splat(from)), 2);
}

export function exp2MinusOf(x: f32): f32 {
  return f32x4.extract_lane(exp2MinusFour(f32x4(1, 2, x, 4)), 2);
}

/** Wave 0 sine, 1 saw, 2 square, 3 triangle at a phase of 2^32 steps a cycle, `step` cycles per frame. */
export function waveOf(wave: i32, phase: u32, step: f64): f32 {
  const phases = i32x4(0, 1, phase, 3);
  const perStep = f32x4.splat(<f32>(1.0 / (4294967296.0 * step)));
  if (wave == 0) return f32x4.extract_lane(sineWave(phases), 2);
  if (wave == 1) return f32x4.extract_lane(sawWave(phases, perStep), 2);
  if (wave == 2) return f32x4.extract_lane(squareWave(phases, perStep), 2);
  return f32x4.extract_lane(triangleWave(phases, perStep), 2);
}
