import { clean, cleanAll } from '../../dsp/clean.as';
import { DELAY_RING_BYTES, DelayRing, ringFrames } from '../../dsp/delay-ring.as';
import { FINE_RAMP_BYTES, FineRamp } from '../../dsp/fine-ramp.as';
import { hadamard16 } from '../../dsp/hadamard.as';
import { Instance } from '../../dsp/instance.as';
import { Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { Absorption, ABSORPTION_BYTES, lossOf } from './absorption.as';
import { Diffuser, DIFFUSER_BYTES, diffuserFrames } from './diffuser.as';

const DECAY: u32 = 0;
const LOW: u32 = 1;
const LOW_FREQUENCY: u32 = 2;
const HIGH: u32 = 3;
const HIGH_FREQUENCY: u32 = 4;
const PRE_DELAY: u32 = 5;
const SIZE: u32 = 6;
const WIDTH: u32 = 7;
const MIX: u32 = 8;

const LINES: u32 = 16;
const SHORTEST_SECONDS: f64 = 0.021; // of the lines, at a size of 100 %
const LONGEST_SECONDS: f64 = 0.079;
const LONGEST_PRE_DELAY_SECONDS: f64 = 0.25;
const RIGHT_STRETCH: f64 = 1.07; // the diffusers of the right channel are longer, so that both differ
const HIGHEST: f64 = 0.45; // corners, of the sample rate
const GLIDE_SECONDS: f32 = 0.05;
const QUIET: f32 = 1e-9; // -180 dB

/**
 * A reverberator: a pre-delay, four diffusing all-passes for each channel, and a feedback delay network of 16 lines whose lengths
 * are primes in equal ratios. What comes out of the lines is absorbed (absorption.as.ts), mixed by a matrix that loses nothing
 * (hadamard.as.ts) and goes back in; so each frequency falls by 60 dB in the time stated.
 *
 * The left channel enters the even lines, the right one the odd lines; both hear all lines, by signs at right angles. Where all
 * frequencies decay alike, the wet sound of noise has the power of the noise: sqrt(1 - g^2), g the gain of a mean line.
 */
@final
@unmanaged
export class Reverb extends Instance {
  rings: usize; // { ring usize, length u32, position u32, unused u32 }[LINES]
  absorption: usize; // Absorption
  diffusers: usize; // Diffuser[2]
  preDelays: usize; // DelayRing[2]
  preDelay: usize; // FineRamp, frames
  wet: usize; // Ramp, with the gain for the decay
  dry: usize; // Ramp
  width: usize; // Ramp
  row: usize; // v128[4], then f32[4]: into the network
  longest: u32;
  meanFrames: f64;
  quietFrames: u32; // since something heard came in or went into a line, saturating

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0.1, 30, 2, Octave, GLIDE_SECONDS);
    this.parameter(25, 400, 100, Linear, GLIDE_SECONDS);
    this.parameter(50, 1000, 250, Octave, GLIDE_SECONDS);
    this.parameter(5, 100, 50, Linear, GLIDE_SECONDS);
    this.parameter(1000, 20000, 4000, Octave, GLIDE_SECONDS);
    this.parameter(0, 250, 10, Linear, GLIDE_SECONDS);
    this.parameter(20, 150, 100, Linear);
    this.parameter(0, 100, 100, Linear, GLIDE_SECONDS);
    this.parameter(0, 100, 0, Linear, GLIDE_SECONDS);
  }

  activate(): void {
    this.rings = this.allocate(<usize>LINES << 4);
    const size = this.of(SIZE).plain * 0.01 * this.sampleRate;
    let sum: f64 = 0;
    for (let i: u32 = 0; i < LINES; i++) {
      const seconds = SHORTEST_SECONDS * Math.pow(LONGEST_SECONDS / SHORTEST_SECONDS, <f64>i / <f64>(LINES - 1));
      const frames = nextPrime(<u32>Math.round(seconds * size));
      const at = this.line(i);
      store<usize>(at, this.allocateFrames(frames));
      store<u32>(at, frames, 4);
      sum += <f64>frames;
      this.longest = frames;
    }
    this.meanFrames = sum / <f64>LINES;
    this.absorption = this.allocate(ABSORPTION_BYTES);
    this.diffusers = this.allocate(2 * DIFFUSER_BYTES);
    this.preDelays = this.allocate(2 * DELAY_RING_BYTES);
    const preFrames = ringFrames(<u32>Math.ceil(LONGEST_PRE_DELAY_SECONDS * this.sampleRate) + 1);
    for (let c: u32 = 0; c < 2; c++) {
      this.preRing(c).init(this.allocateFrames(preFrames), preFrames);
      for (let s: u32 = 0; s < 4; s++) {
        const frames = diffuserFrames(s, this.sampleRate, c ? RIGHT_STRETCH : 1.0);
        this.diffuser(c).init(s, this.allocateFrames(frames), frames);
      }
    }
    this.preDelay = this.allocate(FINE_RAMP_BYTES);
    this.wet = this.allocate(RAMP_BYTES);
    this.dry = this.allocate(RAMP_BYTES);
    this.width = this.allocate(RAMP_BYTES);
    this.row = this.allocate(80);
  }

  reset(): void {
    for (let i: u32 = 0; i < LINES; i++) {
      const at = this.line(i);
      memory.fill(load<usize>(at), 0, <usize>load<u32>(at, 4) << 2);
      store<u32>(at, 0, 8);
    }
    changetype<Absorption>(this.absorption).reset();
    for (let c: u32 = 0; c < 2; c++) {
      this.diffuser(c).reset();
      this.preRing(c).reset();
    }
    this.quietFrames = 0x40000000;
  }

  update(frames: u32): void {
    const decay = this.of(DECAY).hertz * this.sampleRate; // an Octave value: moves by equal ratios
    const low = decay * this.of(LOW).now * 0.01;
    const high = decay * this.of(HIGH).now * 0.01;
    const lowCorner = Math.min(this.of(LOW_FREQUENCY).hertz / this.sampleRate, HIGHEST);
    const highCorner = Math.min(this.of(HIGH_FREQUENCY).hertz / this.sampleRate, HIGHEST);
    const absorption = changetype<Absorption>(this.absorption);
    for (let i: u32 = 0; i < LINES; i++) {
      absorption.aim(i, <f64>load<u32>(this.line(i), 4), decay, low, high, lowCorner, highCorner);
    }
    const mix = this.of(MIX).now * 0.01;
    const mean = lossOf(this.meanFrames, decay);
    changetype<Ramp>(this.wet).aim(<f32>(mix * Math.sqrt(1.0 - mean * mean)), frames);
    changetype<Ramp>(this.dry).aim(<f32>(1.0 - mix), frames);
    changetype<Ramp>(this.width).aim(<f32>(this.of(WIDTH).now * 0.01), frames);
    // at least one frame, and whole ones where it stands still: the cubic is exact there
    const pre = Math.max(1.0, Math.round(this.of(PRE_DELAY).plain * 0.001 * this.sampleRate));
    const moving = Math.max(1.0, this.of(PRE_DELAY).now * 0.001 * this.sampleRate);
    changetype<FineRamp>(this.preDelay).aim(this.of(PRE_DELAY).remaining ? moving : pre, frames);
  }

  render(from: u32, to: u32): void {
    let peak: f32 = 0;
    let left = this.strideLeft;
    while (from < to) {
      // as far as no line wraps
      let run = to - from;
      for (let i: u32 = 0; i < LINES; i++) run = min(run, load<u32>(this.line(i), 4) - load<u32>(this.line(i), 8));
      peak = max(peak, this.renderRun(from, run, left));
      if (left) left -= run;
      for (let i: u32 = 0; i < LINES; i++) {
        const at = this.line(i);
        const position = load<u32>(at, 8) + run;
        store<u32>(at, position == load<u32>(at, 4) ? 0 : position, 8);
      }
      const quiet = peak >= QUIET ? 0 : this.quietFrames + run;
      this.quietFrames = quiet > 0x40000000 ? 0x40000000 : quiet;
      from += run;
    }
  }

  finishBlock(frames: u32): void {
    for (let g: usize = 0; g < 4; g++) cleanAll(changetype<Absorption>(this.absorption).states(g), 8);
  }

  /** All that a line, the diffusers and the pre-delay held has come out. */
  isQuiet(): bool {
    return <f64>this.quietFrames > <f64>this.longest + (LONGEST_PRE_DELAY_SECONDS + 1.0) * this.sampleRate;
  }

  tailFrames(): i32 {
    const slowest = Math.max(1.0, this.of(LOW).plain * 0.01) * this.of(DECAY).plain;
    return <i32>((2.0 * slowest + 2.0 * LONGEST_PRE_DELAY_SECONDS) * this.sampleRate); // until it is 120 dB down
  }

  /** @returns the loudest that came in or went into a line */
  private renderRun(from: u32, frames: u32, left: u32): f32 {
    const row = this.row;
    const absorption = changetype<Absorption>(this.absorption);
    const isMonoIn = this.inputChannels == 1;
    const isMonoOut = this.outputChannels == 1;
    let heard: f32 = 0;
    let peak = f32x4.splat(0);
    for (let n: usize = 0; n < frames; n++) {
      const offset = (<usize>from + n) << 2;
      const a = load<f32>(this.in(0) + offset);
      const b = isMonoIn ? a : load<f32>(this.in(1) + offset);
      heard = max(heard, max(abs(a), abs(b)));
      const pre = changetype<FineRamp>(this.preDelay).at(left);
      // a network of unit power for both channels together
      const intoA = this.fed(0, a, pre) * <f32>0.25;
      const intoB = this.fed(1, b, pre) * <f32>0.25;
      const feed = f32x4(intoA, intoB, intoA, intoB);
      const g0 = this.oldest(0, n);
      const g1 = this.oldest(4, n);
      const g2 = this.oldest(8, n);
      const g3 = this.oldest(12, n);
      v128.store(row, absorption.pass(0, g0));
      v128.store(row, absorption.pass(1, g1), 16);
      v128.store(row, absorption.pass(2, g2), 32);
      v128.store(row, absorption.pass(3, g3), 48);
      hadamard16(row);
      for (let g: u32 = 0; g < 4; g++) {
        const into = clean<v128>(f32x4.add(v128.load(row + (<usize>g << 4)), feed));
        peak = f32x4.pmax(peak, f32x4.abs(into));
        this.put(g << 2, n, into);
      }
      const first = f32x4.sub(f32x4.add(g0, g1), f32x4.add(g2, g3));
      const second = f32x4.sub(f32x4.add(g0, g2), f32x4.add(g1, g3));
      const wetA = f32x4.extract_lane(first, 0) - f32x4.extract_lane(first, 1) + (f32x4.extract_lane(first, 2) - f32x4.extract_lane(first, 3));
      const wetB = f32x4.extract_lane(second, 0) + f32x4.extract_lane(second, 1) - (f32x4.extract_lane(second, 2) + f32x4.extract_lane(second, 3));
      const wet = changetype<Ramp>(this.wet).at(left);
      const dry = changetype<Ramp>(this.dry).at(left);
      if (isMonoOut) {
        store<f32>(this.out(0) + offset, dry * (isMonoIn ? a : <f32>0.5 * (a + b)) + wet * <f32>Math.SQRT1_2 * (wetA + wetB));
      } else {
        const middle = <f32>0.5 * (wetA + wetB);
        const side = <f32>0.5 * changetype<Ramp>(this.width).at(left) * (wetA - wetB);
        store<f32>(this.out(0) + offset, dry * a + wet * (middle + side));
        store<f32>(this.out(1) + offset, dry * b + wet * (middle - side));
      }
      if (left) left -= 1;
    }
    const high = f32x4.pmax(peak, v128.shuffle<f32>(peak, peak, 2, 3, 0, 1));
    return max(heard, max(f32x4.extract_lane(high, 0), f32x4.extract_lane(high, 1)));
  }

  /** A frame through pre-delay and diffusers. */
  @inline private fed(channel: u32, x: f32, frames: f64): f32 {
    const ring = this.preRing(channel);
    ring.write(clean<f32>(x));
    return this.diffuser(channel).next(ring.cubic(frames));
  }

  /** What comes out of lines i to i + 3 in frame n of the run. */
  @inline private oldest(i: u32, n: usize): v128 {
    let value = v128.load_zero<f32>(this.slot(i, n));
    value = v128.load_lane<f32>(this.slot(i + 1, n), value, 1);
    value = v128.load_lane<f32>(this.slot(i + 2, n), value, 2);
    return v128.load_lane<f32>(this.slot(i + 3, n), value, 3);
  }

  /** The same places take what goes in. */
  @inline private put(i: u32, n: usize, value: v128): void {
    v128.store_lane<f32>(this.slot(i, n), value, 0);
    v128.store_lane<f32>(this.slot(i + 1, n), value, 1);
    v128.store_lane<f32>(this.slot(i + 2, n), value, 2);
    v128.store_lane<f32>(this.slot(i + 3, n), value, 3);
  }

  @inline private slot(i: u32, n: usize): usize {
    const at = this.line(i);
    return load<usize>(at) + ((<usize>load<u32>(at, 8) + n) << 2);
  }

  @inline private line(i: u32): usize {
    return this.rings + (<usize>i << 4);
  }

  @inline private diffuser(channel: u32): Diffuser {
    return changetype<Diffuser>(this.diffusers + <usize>channel * DIFFUSER_BYTES);
  }

  @inline private preRing(channel: u32): DelayRing {
    return changetype<DelayRing>(this.preDelays + <usize>channel * DELAY_RING_BYTES);
  }
}

/** The first prime from `from` on, at least 2. [control] */
function nextPrime(from: u32): u32 {
  let n = max<u32>(from, 2);
  while (!isPrime(n)) n += 1;
  return n;
}

function isPrime(n: u32): bool {
  for (let d: u32 = 2; d * d <= n; d++) if (n % d == 0) return false;
  return true;
}
