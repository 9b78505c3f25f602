import { clean } from '../../dsp/clean.as';
import { FFT_BYTES, fftBytes, RealFft, spectrumBytes } from '../../dsp/fft.as';
import { Instance } from '../../dsp/instance.as';
import { Linear } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { hannWindow } from '../../dsp/window.as';
import { peakStateBytes, shiftPeaks } from './peak-shifter.as';

const SEMITONES: u32 = 0;
const CENTS: u32 = 1;
const MIX: u32 = 2;

const WINDOW_SECONDS: f64 = 0.03; // at least: 2,048 frames at 44,100 and 48,000 Hz
const HOPS: u32 = 4;
const GLIDE_SECONDS: f32 = 0.05;
const WINDOWS_SUM: f64 = 1.5; // squares of Hann windows a quarter apart

/**
 * Another pitch at the same length, by moving the peaks of short spectra (peak-shifter.as.ts): windows of Hann, a quarter apart,
 * over the sound before and after. Each channel for itself. Latency: one window (2,048 frames at 48,000 Hz); sounds that begin
 * suddenly are spread over it. Where the pitch stays, the sound is the one that came in.
 */
@final
@unmanaged
export class Pitch extends Instance {
  fft: usize; // RealFft
  window: usize; // f32[size]
  frames: usize; // f32[size]
  bins: usize; // spectrum
  moved: usize; // spectrum
  rings: usize; // f32[channels][size]: what came in
  sums: usize; // f32[channels][size]: what comes out, a ring
  peaks: usize; // states of shiftPeaks
  wet: usize; // Ramp
  dry: usize; // Ramp
  channels: u32;
  size: u32;
  position: u32; // in both rings
  ratio: f64;

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(-24, 24, 0, Linear, GLIDE_SECONDS);
    this.parameter(-100, 100, 0, Linear, GLIDE_SECONDS);
    this.parameter(0, 100, 100, Linear, GLIDE_SECONDS);
  }

  activate(): void {
    this.channels = min(this.inputChannels, this.outputChannels);
    let size: u32 = 256;
    while (<f64>size < WINDOW_SECONDS * this.sampleRate) size <<= 1;
    this.size = size;
    this.fft = this.allocate(FFT_BYTES + fftBytes(size));
    changetype<RealFft>(this.fft).init(this.fft + FFT_BYTES, size);
    this.window = this.allocateFrames(size);
    hannWindow(this.window, size);
    this.frames = this.allocateFrames(size);
    this.bins = this.allocate(spectrumBytes(size));
    this.moved = this.allocate(spectrumBytes(size));
    this.rings = this.allocateFrames(this.channels * size);
    this.sums = this.allocateFrames(this.channels * size);
    this.peaks = this.allocate(<usize>this.channels * peakStateBytes(size));
    this.wet = this.allocate(RAMP_BYTES);
    this.dry = this.allocate(RAMP_BYTES);
  }

  reset(): void {
    memory.fill(this.rings, 0, <usize>(this.channels * this.size) << 2);
    memory.fill(this.sums, 0, <usize>(this.channels * this.size) << 2);
    memory.fill(this.peaks, 0, <usize>this.channels * peakStateBytes(this.size));
    this.position = 0;
  }

  update(frames: u32): void {
    const mix = this.of(MIX).now * 0.01;
    changetype<Ramp>(this.wet).aim(<f32>mix, frames);
    changetype<Ramp>(this.dry).aim(<f32>(1.0 - mix), frames);
    const semitones = this.of(SEMITONES).now + this.of(CENTS).now * 0.01;
    this.ratio = semitones == 0.0 ? 1.0 : Math.pow(2.0, semitones / 12.0);
  }

  render(from: u32, to: u32): void {
    const hop = this.size / HOPS;
    let left = this.strideLeft;
    while (from < to) {
      const run = min(to - from, hop - (this.position & (hop - 1)));
      for (let c: u32 = 0; c < this.channels; c++) this.renderOne(c, from, run, left);
      for (let c = this.channels; c < this.outputChannels; c++) {
        memory.fill(this.out(c) + (<usize>from << 2), 0, <usize>run << 2);
      }
      this.position = (this.position + run) & (this.size - 1);
      if (!(this.position & (hop - 1))) for (let c: u32 = 0; c < this.channels; c++) this.shift(c);
      from += run;
      if (left) left -= run;
    }
  }

  latencyFrames(): i32 {
    return this.size;
  }

  tailFrames(): i32 {
    return 2 * this.size + this.size / HOPS;
  }

  /** Frames in and out; a place in the rings holds what is a window old. */
  private renderOne(channel: u32, from: u32, frames: u32, left: u32): void {
    const at = <usize>(channel * this.size + this.position) << 2;
    const input = this.in(channel) + (<usize>from << 2);
    const output = this.out(channel) + (<usize>from << 2);
    for (let i: usize = 0; i < <usize>frames << 2; i += 4) {
      const late = load<f32>(this.rings + at + i);
      const wet = load<f32>(this.sums + at + i);
      store<f32>(this.rings + at + i, clean<f32>(load<f32>(input + i)));
      store<f32>(this.sums + at + i, 0);
      store<f32>(output + i, changetype<Ramp>(this.dry).at(left) * late + changetype<Ramp>(this.wet).at(left) * wet);
      if (left) left -= 1;
    }
  }

  /** The window that ends now, moved, comes out from the next frame on. */
  private shift(channel: u32): void {
    const bytes = <usize>this.size << 2;
    const ring = this.rings + <usize>channel * bytes;
    const sum = this.sums + <usize>channel * bytes;
    const split = <usize>this.position << 2;
    const fft = changetype<RealFft>(this.fft);
    memory.copy(this.frames, ring + split, bytes - split);
    memory.copy(this.frames + bytes - split, ring, split);
    this.applyWindow(1.0);
    fft.forward(this.frames, this.bins);
    shiftPeaks(fft, this.bins, this.moved, this.peaks + <usize>channel * peakStateBytes(this.size), this.ratio);
    fft.inverse(this.moved, this.frames);
    this.applyWindow(1.0 / WINDOWS_SUM);
    addTo(sum + split, this.frames, bytes - split);
    addTo(sum, this.frames + bytes - split, split);
  }

  private applyWindow(gain: f64): void {
    const gains = f32x4.splat(<f32>gain);
    for (let i: usize = 0; i < <usize>this.size << 2; i += 16) {
      v128.store(this.frames + i, f32x4.mul(v128.load(this.frames + i), f32x4.mul(v128.load(this.window + i), gains)));
    }
  }
}

/** sum += frames; what is far below hearing is taken for zero. */
function addTo(sum: usize, frames: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(sum + i, clean<v128>(f32x4.add(v128.load(sum + i), v128.load(frames + i))));
  }
}
