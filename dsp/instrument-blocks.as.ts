// The blocks for instruments for their test: not part of any plugin.
import { ac_event_midi1, Event } from './abi.as';
import { Adsr, ADSR_BYTES, ADSR_SHAPE_BYTES, AdsrShape, adsrFour } from './adsr.as';
import { HELD_KEYS_BYTES, HeldKeys } from './held-keys.as';
import { velocityGain } from './velocity.as';
import { Voices, VOICE_BYTES, VOICES_BYTES } from './voices.as';

export function take(bytes: usize): usize {
  const at = heap.alloc(bytes);
  memory.fill(at, 0, bytes);
  return at;
}

export function velocity(value: u32, amount: f64): f64 {
  return velocityGain(value, amount);
}

export function shape(attack: f64, decay: f64, sustain: f64, release: f64, sampleRate: f64): usize {
  const at = take(ADSR_SHAPE_BYTES);
  changetype<AdsrShape>(at).set(attack, decay, sustain, release, sampleRate);
  return at;
}

export function setSustain(at: usize, sustain: f64): void {
  changetype<AdsrShape>(at).sustain = sustain;
}

/** `count` envelopes behind each other. */
export function envelopes(shape: usize, count: u32): usize {
  const at = take(<usize>count * ADSR_BYTES);
  for (let i: u32 = 0; i < count; i++) envelope(at, i).init(shape);
  return at;
}

export function start(at: usize, index: u32, peak: f64): void {
  envelope(at, index).start(peak);
}

export function release(at: usize, index: u32): void {
  envelope(at, index).release();
}

export function fade(at: usize, index: u32): void {
  envelope(at, index).fade();
}

export function follow(at: usize, index: u32): void {
  envelope(at, index).follow();
}

export function isOver(at: usize, index: u32): i32 {
  return envelope(at, index).isOver;
}

/** `frames` levels (f64) of one envelope at `to`. */
export function levels(at: usize, index: u32, to: usize, frames: u32): void {
  for (let n: u32 = 0; n < frames; n++) store<f64>(to + (<usize>n << 3), envelope(at, index).next());
}

export function ahead(at: usize, index: u32, frames: u32): f64 {
  return envelope(at, index).ahead(frames);
}

export function skip(at: usize, index: u32, frames: u32): void {
  envelope(at, index).skip(frames);
}

/** `frames` rows of four levels (f32). */
export function rows(at: usize, to: usize, frames: u32): void {
  adsrFour(at, at + ADSR_BYTES, at + 2 * ADSR_BYTES, at + 3 * ADSR_BYTES, to, frames);
}

function envelope(at: usize, index: u32): Adsr {
  return changetype<Adsr>(at + <usize>index * ADSR_BYTES);
}

/** Voices with their levels (f64) at `levels`. */
export function voices(count: u32, levels: usize): usize {
  const at = take(VOICES_BYTES);
  changetype<Voices>(at).init(take(<usize>count * VOICE_BYTES), count, levels, 8);
  return at;
}

export function limit(at: usize, count: u32): void {
  changetype<Voices>(at).limit = count;
}

export function end(at: usize, index: u32): void {
  changetype<Voices>(at).end(index);
}

const event = memory.data(24, 8);

/** A MIDI message. @returns whether the voices took it */
export function midi(at: usize, status: u32, first: u32, second: u32): i32 {
  changetype<Event>(event).type = <u16>ac_event_midi1;
  changetype<Event>(event).size = 24;
  store<u8>(event, <u8>status, 16);
  store<u8>(event, <u8>first, 17);
  store<u8>(event, <u8>second, 18);
  return changetype<Voices>(at).take(changetype<Event>(event));
}

/** 0 started · 1 released · 2 cut · 3 sounding, a bit for a voice */
export function bits(at: usize, which: i32): u64 {
  const all = changetype<Voices>(at);
  if (which == 0) return all.started;
  if (which == 1) return all.released;
  if (which == 2) return all.cut;
  return all.sounding;
}

export function noteOf(at: usize, index: u32): i32 {
  return changetype<Voices>(at).at(index).note;
}

export function heldKeys(): usize {
  return take(HELD_KEYS_BYTES);
}

export function press(at: usize, key: u32, velocity: u32): void {
  changetype<HeldKeys>(at).press(key, velocity);
}

export function lift(at: usize, key: u32): void {
  changetype<HeldKeys>(at).lift(key);
}

export function liftAll(at: usize, channel: u32): void {
  changetype<HeldKeys>(at).liftAll(channel);
}

/** Key and velocity of the last; -1 when none is held. */
export function lastKey(at: usize): i32 {
  const held = changetype<HeldKeys>(at);
  return held.count ? held.key : -1;
}

export function lastVelocity(at: usize): i32 {
  return changetype<HeldKeys>(at).velocity;
}
