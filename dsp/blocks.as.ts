// The blocks of this library for their test: not part of any plugin.
import { butterworthK } from './butterworth.as';
import { dbOfGain, gainOfDb } from './decibels.as';
import { Envelope } from './envelope.as';
import { Pink } from './noise.as';
import { polyBlep } from './poly-blep.as';
import { sineOfPhase } from './sine.as';

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
