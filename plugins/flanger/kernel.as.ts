import { clean } from '../../dsp/clean.as';
import { cubicOf, DELAY_RING_BYTES, DelayRing, ringFrames } from '../../dsp/delay-ring.as';
import { FINE_RAMP_BYTES, FineRamp } from '../../dsp/fine-ramp.as';
import { Instance } from '../../dsp/instance.as';
import { Lfo, LFO_BYTES, swingOf } from '../../dsp/lfo.as';
import { Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';

const RATE: u32 = 0;
const DELAY: u32 = 1;
const DEPTH: u32 = 2;
const FEEDBACK: u32 = 3;
const SPREAD: u32 = 4;
const MIX: u32 = 5;

const GLIDE_SECONDS: f32 = 0.05;
const LONGEST_SECONDS: f64 = 0.02;
const SHORTEST_FRAMES: f64 = 2.0; // the cubic wants a frame on each side, and what is fed back is a frame old
const QUIET: f32 = 1e-9; // -180 dB

/**
 * A flanger: wet[n] = w(n - d), w = input + feedback wet, d = delay + depth (1 + sin(2 pi (rate t + c spread))) / 2, by the cubic of
 * delay-ring.as.ts. Standing still it is the comb z^-d / (1 - feedback z^-d).
 */
@final
@unmanaged
export class Flanger extends Instance {
  rings: usize; // DelayRing[channels]
  lfo: usize; // Lfo
  delay: usize; // FineRamp, frames
  depth: usize; // FineRamp, frames
  feedback: usize; // Ramp
  wet: usize; // Ramp
  dry: usize; // Ramp
  channels: u32;
  quietFrames: u32; // since something heard went into a ring, saturating
  spread: usize; // FineRamp, cycles

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0.01, 10, 0.2, Octave, GLIDE_SECONDS);
    this.parameter(0.1, 10, 0.5, Linear, GLIDE_SECONDS);
    this.parameter(0, 10, 3, Linear, GLIDE_SECONDS);
    this.parameter(-95, 95, 0, Linear, GLIDE_SECONDS);
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
    this.feedback = this.allocate(RAMP_BYTES);
    this.spread = this.allocate(FINE_RAMP_BYTES);
    this.wet = this.allocate(RAMP_BYTES);
    this.dry = this.allocate(RAMP_BYTES);
  }

  reset(): void {
    for (let c: u32 = 0; c < this.channels; c++) this.ring(c).reset();
    changetype<Lfo>(this.lfo).phase = 0;
    this.quietFrames = 0x40000000;
  }

  update(frames: u32): void {
    const perMs = 0.001 * this.sampleRate;
    const mix = this.of(MIX).now * 0.01;
    changetype<Lfo>(this.lfo).aim(this.of(RATE).hertz / this.sampleRate);
    changetype<FineRamp>(this.delay).aim(this.of(DELAY).now * perMs, frames);
    changetype<FineRamp>(this.depth).aim(this.of(DEPTH).now * 0.5 * perMs, frames);
    changetype<Ramp>(this.feedback).aim(<f32>(this.of(FEEDBACK).now * 0.01), frames);
    changetype<Ramp>(this.wet).aim(<f32>mix, frames);
    changetype<Ramp>(this.dry).aim(<f32>(1.0 - mix), frames);
    changetype<FineRamp>(this.spread).aim(this.of(SPREAD).now / 360.0, frames);
  }

  render(from: u32, to: u32): void {
    const lfo = changetype<Lfo>(this.lfo);
    const start = lfo.phase;
    let loud = false;
    for (let c: u32 = 0; c < this.channels; c++) {
      lfo.phase = start;
      loud = (this.strideLeft ? this.renderMoving(c, from, to) : this.renderStill(c, from, to)) || loud;
    }
    for (let c = this.channels; c < this.outputChannels; c++) {
      memory.fill(this.out(c) + (<usize>from << 2), 0, <usize>(to - from) << 2);
    }
    const quiet = loud ? 0 : this.quietFrames + (to - from);
    this.quietFrames = quiet > 0x40000000 ? 0x40000000 : quiet;
  }

  isQuiet(): bool {
    return <f64>this.quietFrames > this.longest();
  }

  tailFrames(): i32 {
    const feedback = Math.abs(this.of(FEEDBACK).plain) * 0.01;
    const repeats = feedback > 0.0 ? 1.0 + Math.ceil(-13.815510557964274 / Math.log(feedback)) : 1.0; // 120 dB down
    return <i32>(repeats * this.longest());
  }

  /** The longest delay of the swing, with what the cubic reaches beyond. */
  private longest(): f64 {
    return (this.of(DELAY).plain + this.of(DEPTH).plain) * 0.001 * this.sampleRate + 5.0;
  }

  /** @returns whether something loud went into the ring */
  private renderStill(channel: u32, from: u32, to: u32): bool {
    const ring = this.ring(channel);
    const base = ring.ring;
    const mask = ring.mask;
    let position = ring.position;
    const lfo = changetype<Lfo>(this.lfo);
    const step = lfo.step;
    let phase = lfo.phase;
    const ahead = changetype<FineRamp>(this.spread).to * <f64>channel;
    const depth = changetype<FineRamp>(this.depth).to;
    const middle = changetype<FineRamp>(this.delay).to + depth;
    const feedback = changetype<Ramp>(this.feedback).to;
    const dry = changetype<Ramp>(this.dry).to;
    const wetShare = changetype<Ramp>(this.wet).to;
    const input = this.in(channel);
    const output = this.out(channel);
    let peak: f32 = 0;
    for (let offset = <usize>from << 2; offset < <usize>to << 2; offset += 4) {
      const x = load<f32>(input + offset);
      const frames = middle + depth * swingOf(phase, ahead);
      phase += step;
      const wet = cubicOf(base, mask, position, Math.max(frames, SHORTEST_FRAMES) - 1.0);
      const into = clean<f32>(clean<f32>(x) + feedback * wet);
      store<f32>(base + (<usize>(position & mask) << 2), into);
      position += 1;
      peak = max(peak, abs(into));
      store<f32>(output + offset, dry * x + wetShare * wet);
    }
    ring.position = position;
    lfo.phase = phase;
    return peak >= QUIET;
  }

  /** @returns whether something loud went into the ring */
  private renderMoving(channel: u32, from: u32, to: u32): bool {
    const ring = this.ring(channel);
    const lfo = changetype<Lfo>(this.lfo);
    let left = this.strideLeft;
    let loud = false;
    for (let i = from; i < to; i++) {
      const offset = <usize>i << 2;
      const x = load<f32>(this.in(channel) + offset);
      const ahead = changetype<FineRamp>(this.spread).at(left) * <f64>channel;
      const depth = changetype<FineRamp>(this.depth).at(left);
      const frames = changetype<FineRamp>(this.delay).at(left) + depth + depth * lfo.at(ahead);
      lfo.next();
      // before the frame now is written: the newest is one frame old
      const wet = ring.cubic(Math.max(frames, SHORTEST_FRAMES) - 1.0);
      const into = clean<f32>(clean<f32>(x) + changetype<Ramp>(this.feedback).at(left) * wet);
      ring.write(into);
      loud = loud || abs(into) >= QUIET;
      store<f32>(this.out(channel) + offset, changetype<Ramp>(this.dry).at(left) * x + changetype<Ramp>(this.wet).at(left) * wet);
      if (left) left -= 1;
    }
    return loud;
  }

  @inline private ring(channel: u32): DelayRing {
    return changetype<DelayRing>(this.rings + <usize>channel * DELAY_RING_BYTES);
  }
}
