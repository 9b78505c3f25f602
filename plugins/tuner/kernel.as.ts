import { clean } from '../../dsp/clean.as';
import { Instance } from '../../dsp/instance.as';
import { Linear } from '../../dsp/parameter.as';
import { Nsdf, NSDF_BYTES, nsdfBytes } from './nsdf.as';

const REFERENCE: u32 = 0;

const FREQUENCY: u32 = 0;
const NOTE: u32 = 1;
const CENTS: u32 = 2;
const CLARITY: u32 = 3;

const HIGHEST_RATE: f64 = 48000.0; // frames of higher rates are taken together
const WINDOW_SECONDS: f64 = 0.075; // two periods of A0 (27.5 Hz)
const HOPS: u32 = 4;
const CLEAR: f64 = 0.8; // less clear is no tone
const A4_NOTE: f64 = 69.0;

/**
 * Reports the pitch of what passes through, unchanged: its frequency, the nearest note of equal temperament (MIDI number, 69 is A4),
 * how many cents it is off, and how clear it is. Frequency, note and cents are 0 while there is no tone. All channels together;
 * at rates above 48 kHz the mean of 2, 4, ... frames is measured. A new measure every quarter of a window of 85 ms (at 48 kHz).
 */
@final
@unmanaged
export class Tuner extends Instance {
  nsdf: usize; // Nsdf
  ring: usize; // f32[size]
  size: u32;
  position: u32;
  waiting: u32; // frames of the ring since the last measure
  together: u32; // frames that become one
  filled: u32; // of them
  sum: f32;
  hertz: f64; // 0 is none

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(400, 480, 440, Linear);
  }

  activate(): void {
    this.together = <u32>Math.ceil(this.sampleRate / HIGHEST_RATE);
    const least = (WINDOW_SECONDS * this.sampleRate) / <f64>this.together;
    let size: u32 = 512;
    while (<f64>size < least) size <<= 1;
    this.size = size;
    this.nsdf = this.allocate(NSDF_BYTES + nsdfBytes(size));
    changetype<Nsdf>(this.nsdf).init(this.nsdf + NSDF_BYTES, size);
    this.ring = this.allocateFrames(size);
    this.report(4);
  }

  reset(): void {
    memory.fill(this.ring, 0, <usize>this.size << 2);
    this.position = 0;
    this.waiting = 0;
    this.filled = 0;
    this.sum = 0;
    this.hertz = 0;
    changetype<Nsdf>(this.nsdf).clarity = 0;
    this.publish();
  }

  update(frames: u32): void {}

  render(from: u32, to: u32): void {
    const at = <usize>from << 2;
    const bytes = <usize>(to - from) << 2;
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      if (c < this.inputChannels) memory.copy(this.out(c) + at, this.in(c) + at, bytes);
      else memory.fill(this.out(c) + at, 0, bytes);
    }
    const share = <f32>(1.0 / <f64>(this.together * this.inputChannels));
    for (let i = at; i < at + bytes; i += 4) {
      let x: f32 = 0;
      for (let c: u32 = 0; c < this.inputChannels; c++) x += load<f32>(this.in(c) + i);
      this.sum += clean<f32>(x * share);
      this.filled += 1;
      if (this.filled < this.together) continue;
      store<f32>(this.ring + (<usize>this.position << 2), this.sum);
      this.filled = 0;
      this.sum = 0;
      this.position = (this.position + 1) & (this.size - 1);
      this.waiting += 1;
      if (this.waiting == this.size / HOPS) this.measure();
    }
  }

  finishBlock(frames: u32): void {
    this.publish();
  }

  tailFrames(): i32 {
    return 2 * this.size * this.together; // until the window is empty and measured
  }

  private measure(): void {
    this.waiting = 0;
    const nsdf = changetype<Nsdf>(this.nsdf);
    nsdf.measure(this.ring + (<usize>this.position << 2), this.size - this.position, this.ring);
    const isTone = nsdf.period > 0.0 && nsdf.clarity >= CLEAR;
    this.hertz = isTone ? this.sampleRate / (<f64>this.together * nsdf.period) : 0.0;
  }

  private publish(): void {
    const isTone = this.hertz > 0.0;
    const pitch = isTone ? A4_NOTE + 12.0 * Math.log2(this.hertz / this.of(REFERENCE).plain) : 0.0;
    const note = Math.min(Math.max(Math.round(pitch), 0.0), 127.0);
    this.setReport(FREQUENCY, <f32>this.hertz);
    this.setReport(NOTE, <f32>note);
    this.setReport(CENTS, <f32>Math.min(Math.max(100.0 * (pitch - note), -50.0), 50.0));
    this.setReport(CLARITY, <f32>(100.0 * changetype<Nsdf>(this.nsdf).clarity));
  }
}
