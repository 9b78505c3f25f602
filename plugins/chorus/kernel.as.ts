import { clean } from '../../dsp/clean.as';
import { cubicOf, DELAY_RING_BYTES, DelayRing, ringFrames } from '../../dsp/delay-ring.as';
import { FINE_RAMP_BYTES, FineRamp } from '../../dsp/fine-ramp.as';
import { Instance } from '../../dsp/instance.as';
import { Lfo, LFO_BYTES, swingOf } from '../../dsp/lfo.as';
import { Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';

const VOICES: u32 = 0;
const RATE: u32 = 1;
const DEPTH: u32 = 2;
const DELAY: u32 = 3;
const SPREAD: u32 = 4;
const MIX: u32 = 5;

const MOST_VOICES: u32 = 4;
const GLIDE_SECONDS: f32 = 0.05; // a delay that glides faster is heard as a slip of pitch
const LONGEST_SECONDS: f64 = 0.05;

/**
 * A chorus. Voice v of channel c hears the channel d frames late, d = delay + depth sin(2 pi (rate t + c spread + offset of v)),
 * by the cubic of delay-ring.as.ts; the wet sound is the mean of the voices. Offsets are 0, 1/2, 1/4 and 3/4 of a cycle, so that
 * a voice more moves none of the others.
 */
@final
@unmanaged
export class Chorus extends Instance {
  rings: usize; // DelayRing[channels]
  lfo: usize; // Lfo
  delay: usize; // FineRamp, frames
  depth: usize; // FineRamp, frames
  gains: usize; // Ramp[MOST_VOICES]
  wet: usize; // Ramp
  dry: usize; // Ramp
  channels: u32;
  spread: usize; // FineRamp, cycles

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(1, 4, 2, Linear, GLIDE_SECONDS);
    this.parameter(0.01, 10, 0.8, Octave, GLIDE_SECONDS);
    this.parameter(0, 10, 2, Linear, GLIDE_SECONDS);
    this.parameter(1, 40, 15, Linear, GLIDE_SECONDS);
    this.parameter(0, 180, 90, Linear, GLIDE_SECONDS);
    this.parameter(0, 100, 0, Linear, GLIDE_SECONDS);
  }

  activate(): void {
    this.channels = min(this.inputChannels, this.outputChannels);
    this.rings = this.allocate(<usize>this.channels * DELAY_RING_BYTES);
    const length = ringFrames(<u32>Math.ceil(LONGEST_SECONDS * this.sampleRate) + 1);
    for (let c: u32 = 0; c < this.channels; c++) this.ring(c).init(this.allocateFrames(length), length);
    this.lfo = this.allocate(LFO_BYTES);
    this.delay = this.allocate(FINE_RAMP_BYTES);
    this.depth = this.allocate(FINE_RAMP_BYTES);
    this.gains = this.allocate(<usize>MOST_VOICES * RAMP_BYTES);
    this.spread = this.allocate(FINE_RAMP_BYTES);
    this.wet = this.allocate(RAMP_BYTES);
    this.dry = this.allocate(RAMP_BYTES);
  }

  reset(): void {
    for (let c: u32 = 0; c < this.channels; c++) this.ring(c).reset();
    changetype<Lfo>(this.lfo).phase = 0;
  }

  update(frames: u32): void {
    const perMs = 0.001 * this.sampleRate;
    const mix = this.of(MIX).now * 0.01;
    const voices = this.of(VOICES).now;
    changetype<Lfo>(this.lfo).aim(this.of(RATE).hertz / this.sampleRate);
    changetype<FineRamp>(this.delay).aim(this.of(DELAY).now * perMs, frames);
    changetype<FineRamp>(this.depth).aim(this.of(DEPTH).now * perMs, frames);
    for (let v: u32 = 0; v < MOST_VOICES; v++) {
      const share = Math.min(1.0, Math.max(0.0, voices - <f64>v)) / voices;
      this.gain(v).aim(<f32>share, frames);
    }
    changetype<Ramp>(this.wet).aim(<f32>mix, frames);
    changetype<Ramp>(this.dry).aim(<f32>(1.0 - mix), frames);
    changetype<FineRamp>(this.spread).aim(this.of(SPREAD).now / 360.0, frames);
  }

  render(from: u32, to: u32): void {
    const lfo = changetype<Lfo>(this.lfo);
    const start = lfo.phase;
    for (let c: u32 = 0; c < this.channels; c++) {
      lfo.phase = start;
      if (this.strideLeft) this.renderMoving(c, from, to);
      else this.renderStill(c, from, to);
    }
    for (let c = this.channels; c < this.outputChannels; c++) {
      memory.fill(this.out(c) + (<usize>from << 2), 0, <usize>(to - from) << 2);
    }
  }

  tailFrames(): i32 {
    return <i32>Math.ceil((this.of(DELAY).plain + this.of(DEPTH).plain) * 0.001 * this.sampleRate) + 3;
  }

  private renderStill(channel: u32, from: u32, to: u32): void {
    const ring = this.ring(channel);
    const base = ring.ring;
    const mask = ring.mask;
    let position = ring.position;
    const lfo = changetype<Lfo>(this.lfo);
    const step = lfo.step;
    let phase = lfo.phase;
    const ahead = changetype<FineRamp>(this.spread).to * <f64>channel;
    const delay = changetype<FineRamp>(this.delay).to;
    const depth = changetype<FineRamp>(this.depth).to;
    const dry = changetype<Ramp>(this.dry).to;
    const wet = changetype<Ramp>(this.wet).to;
    const gain0 = this.gain(0).to;
    const gain1 = this.gain(1).to;
    const gain2 = this.gain(2).to;
    const gain3 = this.gain(3).to;
    const input = this.in(channel);
    const output = this.out(channel);
    for (let offset = <usize>from << 2; offset < <usize>to << 2; offset += 4) {
      const x = load<f32>(input + offset);
      store<f32>(base + (<usize>(position & mask) << 2), clean<f32>(x));
      position += 1;
      const swing = depth * swingOf(phase, ahead);
      let y = gain0 * cubicOf(base, mask, position, Math.max(delay + swing, 1.0));
      if (gain1 > 0) y += gain1 * cubicOf(base, mask, position, Math.max(delay - swing, 1.0));
      if (gain2 > 0) {
        const quarter = depth * swingOf(phase, ahead + 0.25);
        y += gain2 * cubicOf(base, mask, position, Math.max(delay + quarter, 1.0));
        y += gain3 * cubicOf(base, mask, position, Math.max(delay - quarter, 1.0));
      }
      phase += step;
      store<f32>(output + offset, dry * x + wet * y);
    }
    ring.position = position;
    lfo.phase = phase;
  }

  private renderMoving(channel: u32, from: u32, to: u32): void {
    const ring = this.ring(channel);
    const lfo = changetype<Lfo>(this.lfo);
    const hasFour = this.gain(2).to > 0 || this.gain(2).step != 0;
    let left = this.strideLeft;
    for (let i = from; i < to; i++) {
      const offset = <usize>i << 2;
      const x = load<f32>(this.in(channel) + offset);
      ring.write(clean<f32>(x));
      const ahead = changetype<FineRamp>(this.spread).at(left) * <f64>channel;
      const delay = changetype<FineRamp>(this.delay).at(left);
      const depth = changetype<FineRamp>(this.depth).at(left);
      const swing = depth * lfo.at(ahead);
      let wet = this.gain(0).at(left) * late(ring, delay + swing) + this.gain(1).at(left) * late(ring, delay - swing);
      if (hasFour) {
        const quarter = depth * lfo.at(ahead + 0.25);
        wet += this.gain(2).at(left) * late(ring, delay + quarter) + this.gain(3).at(left) * late(ring, delay - quarter);
      }
      lfo.next();
      const y = changetype<Ramp>(this.dry).at(left) * x + changetype<Ramp>(this.wet).at(left) * wet;
      store<f32>(this.out(channel) + offset, y);
      if (left) left -= 1;
    }
  }

  @inline private gain(voice: u32): Ramp {
    return changetype<Ramp>(this.gains + <usize>voice * RAMP_BYTES);
  }

  @inline private ring(channel: u32): DelayRing {
    return changetype<DelayRing>(this.rings + <usize>channel * DELAY_RING_BYTES);
  }
}

/** A swing deeper than the delay stops one frame short of now. */
@inline function late(ring: DelayRing, frames: f64): f32 {
  return ring.cubic(Math.max(frames, 1.0));
}
