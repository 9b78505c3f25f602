import { clean } from '../../dsp/clean.as';
import { DELAY_RING_BYTES, DelayRing, ringFrames } from '../../dsp/delay-ring.as';
import { Instance } from '../../dsp/instance.as';
import { onePole, onePoleGain } from '../../dsp/one-pole.as';
import { Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';

const SYNC: u32 = 0;
const TIME: u32 = 1;
const TEMPO: u32 = 2;
const DIVISION: u32 = 3;
const FEEDBACK: u32 = 4;
const PING_PONG: u32 = 5;
const LOW_CUT: u32 = 6;
const HIGH_CUT: u32 = 7;
const MIX: u32 = 8;

const LONGEST_SECONDS: f64 = 4.0;
const GLIDE_SECONDS: f32 = 0.02;
const FADE_STRIDES: u32 = 90; // from one time to another: 30 ms at 48,000 Hz
const LOWEST_HZ: f64 = 10.0; // where the low cut is off
const HIGHEST_HZ: f64 = 20000.0; // where the high cut is off
const QUIET: f32 = 1e-9; // -180 dB

/** Quarters of each note in the list of the model. */
const QUARTERS: usize = memory.data<f64>([
  4.0, 3.0, 2.0, 1.3333333333333333, 1.5, 1.0, 0.6666666666666666, 0.75, 0.5, 0.3333333333333333, 0.25, 0.125,
]);

/**
 * Echoes: each channel goes through a ring of whole frames, and back into it through a low cut and a high cut of one pole.
 *
 * Straight, repeat n of an impulse comes at n D frames, at feedback^(n - 1) of its height, n - 1 times filtered. From side to side,
 * channels go in pairs: the mean of both enters the first, which feeds the second, which feeds the first again.
 * The ring is read at D; another D is faded in, so a change of time neither clicks nor bends the pitch.
 */
@final
@unmanaged
export class Echo extends Instance {
  rings: usize; // DelayRing[channels]
  filters: usize; // { low cut f32, high cut f32 }[channels]
  feedback: usize; // Ramp
  wet: usize; // Ramp
  dry: usize; // Ramp
  fade: usize; // Ramp: share of `delay`, the rest is `delayBefore`
  across: usize; // Ramp: 1 from side to side
  channels: u32;
  delay: u32;
  delayBefore: u32;
  fadeStrides: u32; // left
  lowGain: f32;
  highGain: f32;
  quietFrames: u32; // since something heard went into a ring, saturating

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 1, 0, Jump);
    this.parameter(1, 4000, 500, Linear);
    this.parameter(20, 300, 120, Linear);
    this.parameter(0, 11, 5, Jump);
    this.parameter(0, 95, 35, Linear, GLIDE_SECONDS);
    this.parameter(0, 1, 0, Linear, GLIDE_SECONDS);
    this.parameter(10, 2000, 10, Octave, GLIDE_SECONDS);
    this.parameter(200, 20000, 20000, Octave, GLIDE_SECONDS);
    this.parameter(0, 100, 0, Linear, GLIDE_SECONDS);
  }

  activate(): void {
    this.channels = min(this.inputChannels, this.outputChannels);
    this.rings = this.allocate(<usize>this.channels * DELAY_RING_BYTES);
    const length = ringFrames(<u32>Math.ceil(LONGEST_SECONDS * this.sampleRate));
    for (let c: u32 = 0; c < this.channels; c++) this.ring(c).init(this.allocateFrames(length), length);
    this.filters = this.allocate(<usize>this.channels << 3);
    this.feedback = this.allocate(RAMP_BYTES);
    this.wet = this.allocate(RAMP_BYTES);
    this.dry = this.allocate(RAMP_BYTES);
    this.fade = this.allocate(RAMP_BYTES);
    this.across = this.allocate(RAMP_BYTES);
  }

  reset(): void {
    for (let c: u32 = 0; c < this.channels; c++) this.ring(c).reset();
    memory.fill(this.filters, 0, <usize>this.channels << 3);
    this.delay = this.wantedDelay();
    this.delayBefore = this.delay;
    this.fadeStrides = 0;
    this.quietFrames = 0x40000000;
    changetype<Ramp>(this.fade).aim(1, 0);
  }

  update(frames: u32): void {
    const mix = this.of(MIX).now * 0.01;
    changetype<Ramp>(this.wet).aim(<f32>mix, frames);
    changetype<Ramp>(this.dry).aim(<f32>(1.0 - mix), frames);
    changetype<Ramp>(this.feedback).aim(<f32>(this.of(FEEDBACK).now * 0.01), frames);
    changetype<Ramp>(this.across).aim(<f32>this.of(PING_PONG).now, frames);
    const low = this.of(LOW_CUT).hertz;
    const high = this.of(HIGH_CUT).hertz;
    this.lowGain = low > LOWEST_HZ ? onePoleGain(low / this.sampleRate) : 0; // off
    this.highGain = high < HIGHEST_HZ ? onePoleGain(high / this.sampleRate) : 1; // off
    const fade = changetype<Ramp>(this.fade);
    if (this.fadeStrides == 0 && this.delay != this.wantedDelay()) {
      this.delayBefore = this.delay;
      this.delay = this.wantedDelay();
      this.fadeStrides = FADE_STRIDES;
      fade.aim(0, 0);
    }
    if (this.fadeStrides) {
      this.fadeStrides -= 1;
      fade.aim(1 - <f32>this.fadeStrides / <f32>FADE_STRIDES, frames);
      this.keepMoving();
    } else {
      fade.aim(1, 0);
      this.delayBefore = this.delay;
    }
  }

  render(from: u32, to: u32): void {
    const pairs = this.channels & ~1;
    const isPlain = !this.strideLeft && changetype<Ramp>(this.across).to == 0;
    let loud = false;
    for (let c: u32 = 0; c < pairs; c += 2) {
      if (isPlain) {
        loud = this.renderOne(c, from, to) || loud;
        loud = this.renderOne(c + 1, from, to) || loud;
      } else {
        loud = this.renderPair(c, from, to) || loud;
      }
    }
    for (let c = pairs; c < this.channels; c++) loud = this.renderOne(c, from, to) || loud;
    for (let c = this.channels; c < this.outputChannels; c++) {
      memory.fill(this.out(c) + (<usize>from << 2), 0, <usize>(to - from) << 2);
    }
    const quiet = loud ? 0 : this.quietFrames + (to - from);
    this.quietFrames = quiet > 0x40000000 ? 0x40000000 : quiet;
  }

  isQuiet(): bool {
    return this.quietFrames > this.delay;
  }

  tailFrames(): i32 {
    // until a repeat is 120 dB down
    const feedback = this.of(FEEDBACK).plain * 0.01;
    const repeats = feedback > 0.0 ? 1.0 + Math.ceil(-13.815510557964274 / Math.log(feedback)) : 1.0;
    return <i32>Math.min(repeats * <f64>this.delay + 1.0, 1e9);
  }

  private wantedDelay(): u32 {
    let seconds = this.of(TIME).plain * 0.001;
    if (this.of(SYNC).choice) {
      seconds = (load<f64>(QUARTERS + (<usize>this.of(DIVISION).choice << 3)) * 60.0) / this.of(TEMPO).plain;
    }
    return <u32>Math.max(1.0, Math.round(Math.min(seconds, LONGEST_SECONDS) * this.sampleRate));
  }

  /** @returns whether something loud went into the ring */
  private renderOne(channel: u32, from: u32, to: u32): bool {
    const ring = this.ring(channel);
    const input = this.in(channel);
    const output = this.out(channel);
    let left = this.strideLeft;
    let loud = false;
    for (let i = from; i < to; i++) {
      const offset = <usize>i << 2;
      const x = load<f32>(input + offset);
      const echo = this.echo(ring, left);
      const into = clean<f32>(clean<f32>(x) + changetype<Ramp>(this.feedback).at(left) * this.filtered(channel, echo));
      ring.write(into);
      loud = loud || abs(into) >= QUIET;
      store<f32>(output + offset, changetype<Ramp>(this.dry).at(left) * x + changetype<Ramp>(this.wet).at(left) * echo);
      if (left) left -= 1;
    }
    return loud;
  }

  private renderPair(channel: u32, from: u32, to: u32): bool {
    const ringA = this.ring(channel);
    const ringB = this.ring(channel + 1);
    let left = this.strideLeft;
    let loud = false;
    for (let i = from; i < to; i++) {
      const offset = <usize>i << 2;
      const a = load<f32>(this.in(channel) + offset);
      const b = load<f32>(this.in(channel + 1) + offset);
      const across = changetype<Ramp>(this.across).at(left);
      const feedback = changetype<Ramp>(this.feedback).at(left);
      const echoA = this.echo(ringA, left);
      const echoB = this.echo(ringB, left);
      const backA = feedback * this.filtered(channel, echoA);
      const backB = feedback * this.filtered(channel + 1, echoB);
      const inA = clean<f32>(a);
      const inB = clean<f32>(b);
      const mean = <f32>0.5 * (inA + inB);
      const intoA = clean<f32>(inA + backA + across * (mean - inA + backB - backA));
      const intoB = clean<f32>(inB + backB + across * (backA - inB - backB));
      ringA.write(intoA);
      ringB.write(intoB);
      loud = loud || abs(intoA) >= QUIET || abs(intoB) >= QUIET;
      const dry = changetype<Ramp>(this.dry).at(left);
      const wet = changetype<Ramp>(this.wet).at(left);
      store<f32>(this.out(channel) + offset, dry * a + wet * echoA);
      store<f32>(this.out(channel + 1) + offset, dry * b + wet * echoB);
      if (left) left -= 1;
    }
    return loud;
  }

  /** What the ring gives before the next frame is written: it is `delay` - 1 behind the newest. */
  @inline private echo(ring: DelayRing, left: u32): f32 {
    const now = ring.whole(this.delay - 1);
    if (this.delay == this.delayBefore) return now;
    const before = ring.whole(this.delayBefore - 1);
    return before + changetype<Ramp>(this.fade).at(left) * (now - before);
  }

  @inline private filtered(channel: u32, x: f32): f32 {
    const state = this.filters + (<usize>channel << 3);
    let y = x;
    if (this.lowGain != 0) y -= onePole(x, this.lowGain, state);
    else store<f32>(state, 0);
    if (this.highGain != 1) return onePole(y, this.highGain, state + 4);
    store<f32>(state, y, 4); // so that it begins where the sound is
    return y;
  }

  @inline private ring(channel: u32): DelayRing {
    return changetype<DelayRing>(this.rings + <usize>channel * DELAY_RING_BYTES);
  }
}
