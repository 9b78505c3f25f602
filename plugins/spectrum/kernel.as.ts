import { clean } from '../../dsp/clean.as';
import { FFT_BYTES, fftBytes, RealFft, spectrumBytes } from '../../dsp/fft.as';
import { Instance } from '../../dsp/instance.as';
import { Jump, Linear } from '../../dsp/parameter.as';
import { blackmanHarrisWindow } from '../../dsp/window.as';

const SOURCE: u32 = 0;
const FALL: u32 = 1;
const SIZE: u32 = 2;

const MIX: u32 = 0;
const LEFT: u32 = 1;

const BANDS: u32 = 120; // twelve an octave
const LOWEST_HZ: f64 = 20.0;
const PER_OCTAVE: f64 = 12.0;
const FLOOR_DB: f32 = -140.0;
const SMALLEST_SIZE: u32 = 1024;
const HOPS: u32 = 4; // of a window: each frame is seen four times
const WINDOW_SUM: f64 = 0.35875; // of the window, for each of its frames

/**
 * A spectrum of what passes through, unchanged: the largest bin in each of 120 bands of a twelfth of an octave from 20 Hz on, as
 * the peak level of the sine that it would be. Every quarter of a window there is a new one; a band follows upwards at once
 * and falls at a steady pace. A sine reads right at the middle of a bin, at most 0.83 dB low between two (window.as.ts).
 */
@final
@unmanaged
export class Spectrum extends Instance {
  fft: usize; // RealFft
  window: usize; // f32[size], with what makes an amplitude of a bin
  ring: usize; // f32[size]
  frames: usize; // f32[size]
  bins: usize; // spectrum
  levels: usize; // f32[BANDS], dB
  limits: usize; // { first u32, last u32 }[BANDS], bins; first 0 is none
  size: u32;
  position: u32; // in the ring
  waiting: u32; // frames since the last spectrum

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 2, 0, Jump);
    this.parameter(5, 500, 40, Linear);
    this.parameter(0, 3, 2, Jump);
  }

  activate(): void {
    const size = SMALLEST_SIZE << this.of(SIZE).choice;
    this.size = size;
    this.fft = this.allocate(FFT_BYTES + fftBytes(size));
    changetype<RealFft>(this.fft).init(this.fft + FFT_BYTES, size);
    this.window = this.allocateFrames(size);
    blackmanHarrisWindow(this.window, size);
    const scale = <f32>(2.0 / (WINDOW_SUM * <f64>size));
    for (let i: usize = 0; i < <usize>size << 2; i += 4) store<f32>(this.window + i, load<f32>(this.window + i) * scale);
    this.ring = this.allocateFrames(size);
    this.frames = this.allocateFrames(size);
    this.bins = this.allocate(spectrumBytes(size));
    this.levels = this.allocateFrames(BANDS);
    this.limits = this.allocate(<usize>BANDS << 3);
    for (let b: u32 = 0; b < BANDS; b++) this.limit(b);
    this.report(BANDS);
  }

  reset(): void {
    memory.fill(this.ring, 0, <usize>this.size << 2);
    this.position = 0;
    this.waiting = 0;
    for (let b: u32 = 0; b < BANDS; b++) store<f32>(this.levels + (<usize>b << 2), FLOOR_DB);
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
    const source = this.of(SOURCE).choice;
    const channels = this.inputChannels;
    const first: u32 = source <= LEFT ? 0 : min<u32>(1, channels - 1);
    const last: u32 = source == MIX ? channels : first + 1;
    const share = <f32>(1.0 / <f64>(last - first));
    for (let i = at; i < at + bytes; i += 4) {
      let x: f32 = 0;
      for (let c = first; c < last; c++) x += load<f32>(this.in(c) + i);
      store<f32>(this.ring + (<usize>this.position << 2), clean<f32>(x * share));
      this.position = (this.position + 1) & (this.size - 1);
      this.waiting += 1;
      if (this.waiting == this.size / HOPS) {
        this.waiting = 0;
        this.measure();
      }
    }
  }

  finishBlock(frames: u32): void {
    this.publish();
  }

  tailFrames(): i32 {
    // until all bands have fallen from 0 dBFS to nothing
    return <i32>((-<f64>FLOOR_DB / this.of(FALL).plain) * this.sampleRate) + <i32>(2 * this.size);
  }

  /** Which bins a band holds, edges included; none beyond half of the rate. */
  private limit(band: u32): void {
    const perBin = this.sampleRate / <f64>this.size;
    const low = LOWEST_HZ * Math.pow(2.0, <f64>band / PER_OCTAVE);
    const first = <u32>Math.max(1.0, Math.round(low / perBin));
    const last = <u32>Math.round((low * Math.pow(2.0, 1.0 / PER_OCTAVE)) / perBin);
    const at = this.limits + (<usize>band << 3);
    const isThere = first < this.size / 2;
    store<u32>(at, isThere ? first : 0);
    store<u32>(at, min(max(first, last), this.size / 2 - 1), 4);
  }

  private measure(): void {
    // the oldest frame first
    const bytes = <usize>this.size << 2;
    const split = <usize>this.position << 2;
    memory.copy(this.frames, this.ring + split, bytes - split);
    memory.copy(this.frames + bytes - split, this.ring, split);
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(this.frames + i, f32x4.mul(v128.load(this.frames + i), v128.load(this.window + i)));
    }
    changetype<RealFft>(this.fft).forward(this.frames, this.bins);
    const imaginary = spectrumBytes(this.size) >> 1;
    const fall = <f32>((this.of(FALL).plain * <f64>(this.size / HOPS)) / this.sampleRate);
    for (let b: u32 = 0; b < BANDS; b++) {
      const first = load<u32>(this.limits + (<usize>b << 3));
      if (!first) continue;
      let most: f32 = 0;
      const end = this.bins + (<usize>load<u32>(this.limits + (<usize>b << 3), 4) << 2);
      for (let at = this.bins + (<usize>first << 2); at <= end; at += 4) {
        const re = load<f32>(at);
        const im = load<f32>(at + imaginary);
        most = max(most, re * re + im * im);
      }
      const level = most > <f32>1e-14 ? <f32>(10.0 * Math.log10(<f64>most)) : FLOOR_DB;
      const at = this.levels + (<usize>b << 2);
      store<f32>(at, max(FLOOR_DB, max(level, load<f32>(at) - fall)));
    }
  }

  private publish(): void {
    for (let b: u32 = 0; b < BANDS; b++) this.setReport(b, load<f32>(this.levels + (<usize>b << 2)));
  }
}
