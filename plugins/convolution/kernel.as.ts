import { clean } from '../../dsp/clean.as';
import { Convolver, CONVOLVER_BYTES } from '../../dsp/convolver.as';
import { NO_ROUTE } from '../../dsp/convolver-level.as';
import { Cuts, CUTS_BYTES, CUTS_STATE_BYTES } from '../../dsp/cuts.as';
import { Instance } from '../../dsp/instance.as';
import { LANES_BYTES, Lanes } from '../../dsp/lanes.as';
import { Pink } from '../../dsp/noise.as';
import { Amplitude, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { cleanStates } from '../../dsp/svf.as';
import { Impulse } from './impulse.as';
import { PIECE_FRAMES, PRE_DELAY_BYTES, PreDelay, preDelayFrames } from './pre-delay.as';

const DRY: u32 = 0;
const WET: u32 = 1;
const PRE_DELAY: u32 = 2;
const LOW_CUT: u32 = 3;
const HIGH_CUT: u32 = 4;
const NORMALISE: u32 = 5;
const START: u32 = 6;
const LENGTH: u32 = 7;

const IMPULSE: u32 = 0; // slot
const LENGTH_REPORT: u32 = 0;

const LONGEST_PRE_DELAY_SECONDS: f64 = 0.5;
const FADE_SECONDS: f64 = 0.02; // from one pre-delay to another
const GLIDE_SECONDS: f32 = 0.02;
const RING_SECONDS: f64 = 0.32; // in which a low cut at 10 Hz falls by 120 dB
const ROW_BYTES: usize = <usize>PIECE_FRAMES << 2;

/**
 * A convolution reverb: pre-delay, impulse response (dsp/convolver.as.ts), low cut and high cut, beside the dry sound.
 *
 * A response of one channel is for either side, of two for left and right, of four for what left gives left and right and what right
 * gives left and right. A mono input is on both sides, a mono output is the mean of both; what that makes of the
 * channels is summed before they are transformed. Nothing is late: the first frame of a response is heard at once.
 */
@final
@unmanaged
export class Convolution extends Instance {
  impulse: usize; // Impulse
  convolver: usize; // Convolver; 0 without a response
  wetOutputs: u32; // of the convolver
  normalGain: f64;
  preDelay: usize; // PreDelay
  cuts: usize; // Cuts
  cutStates: usize; // by output
  places: usize; // Lanes
  dry: usize; // Ramp
  wet: usize; // Ramp
  fed: usize; // f32[PIECE_FRAMES] by input
  heard: usize; // f32[PIECE_FRAMES] by output

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(-120, 12, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(-120, 12, -12, Amplitude, GLIDE_SECONDS);
    this.parameter(0, 500, 0, Linear);
    this.parameter(10, 2000, 10, Octave, GLIDE_SECONDS);
    this.parameter(200, 40000, 40000, Octave, GLIDE_SECONDS);
    this.parameter(0, 1, 1, Linear, GLIDE_SECONDS);
    this.parameter(0, 19.99, 0, Linear);
    this.parameter(0.01, 20, 20, Linear);
    this.mediaSlot();
  }

  activate(): void {
    this.dry = this.allocate(RAMP_BYTES);
    this.wet = this.allocate(RAMP_BYTES);
    this.preDelay = this.allocate(PRE_DELAY_BYTES);
    this.cuts = this.allocate(CUTS_BYTES);
    this.cutStates = this.allocate(<usize>this.outputChannels * CUTS_STATE_BYTES);
    this.places = this.allocate(LANES_BYTES);
    this.fed = this.allocate(2 * ROW_BYTES);
    this.heard = this.allocate(2 * ROW_BYTES);
    this.impulse = this.allocate(offsetof<Impulse>());
    this.convolver = 0;
    this.normalGain = 1;
    const impulse = changetype<Impulse>(this.impulse);
    impulse.init(this.mediaOf(IMPULSE), this.of(START).plain, this.of(LENGTH).plain, this.sampleRate);
    this.report(1);
    this.setReport(LENGTH_REPORT, <f32>(<f64>impulse.frames / this.sampleRate));
    const ring = preDelayFrames(<u32>Math.round(LONGEST_PRE_DELAY_SECONDS * this.sampleRate));
    const fade = <u32>Math.round(FADE_SECONDS * this.sampleRate);
    changetype<PreDelay>(this.preDelay).init(this.allocateFrames(ring * this.inputChannels), ring, fade);
    if (!impulse.frames) return;
    this.normalGain = impulse.pinkGain(changetype<Pink>(this.allocate(offsetof<Pink>())));
    this.makeConvolver();
  }

  reset(): void {
    if (this.convolver) changetype<Convolver>(this.convolver).reset();
    changetype<PreDelay>(this.preDelay).reset(this.inputChannels);
    changetype<Cuts>(this.cuts).reset();
    memory.fill(this.cutStates, 0, <usize>this.outputChannels * CUTS_STATE_BYTES);
  }

  update(frames: u32): void {
    changetype<Ramp>(this.dry).aim(<f32>this.of(DRY).now, frames);
    const normal = 1.0 + this.of(NORMALISE).now * (this.normalGain - 1.0);
    changetype<Ramp>(this.wet).aim(<f32>(this.of(WET).now * normal), frames);
    changetype<Cuts>(this.cuts).aim(this.of(LOW_CUT).hertz, this.of(HIGH_CUT).hertz, this.sampleRate, frames);
    changetype<PreDelay>(this.preDelay).aim(<u32>Math.round(this.of(PRE_DELAY).plain * 0.001 * this.sampleRate));
  }

  render(from: u32, to: u32): void {
    while (from < to) {
      const frames = min(PIECE_FRAMES, to - from);
      if (this.convolver) this.renderWet(from, frames);
      this.mix(from, frames);
      from += frames;
    }
  }

  finishBlock(frames: u32): void {
    cleanStates(this.cutStates, (this.outputChannels * <u32>CUTS_STATE_BYTES) >> 2);
  }

  /** Also what no one hears any more is out of the convolver: to wake up is as if it had not slept. */
  isQuiet(): bool {
    if (!this.convolver) return true;
    return this.silentFrames >= changetype<Convolver>(this.convolver).settledFrames + this.restFrames;
  }

  tailFrames(): i32 {
    if (!this.convolver) return 0;
    return <i32>(changetype<Convolver>(this.convolver).length - 1 + this.restFrames);
  }

  /** What pre-delay and cuts add to a tail. */
  private get restFrames(): u32 {
    const ringing = changetype<Cuts>(this.cuts).isActive ? <u32>Math.ceil(RING_SECONDS * this.sampleRate) : 0;
    return changetype<PreDelay>(this.preDelay).longest + ringing;
  }

  /** The convolver for the widths of the ports and the channels of the response. */
  private makeConvolver(): void {
    const impulse = changetype<Impulse>(this.impulse);
    const inputs = this.inputChannels;
    const isShared = inputs == 1 && impulse.channels == 1; // both outputs are the same
    this.wetOutputs = isShared ? 1 : this.outputChannels;
    impulse.gain = this.outputChannels == 1 && !isShared ? 0.5 : 1;
    const masks = this.allocate(16); // u32[4], by response
    this.convolver = this.allocate(CONVOLVER_BYTES);
    const convolver = changetype<Convolver>(this.convolver);
    let responses: u32 = 0;
    for (let o: u32 = 0; o < this.wetOutputs; o++) {
      for (let i: u32 = 0; i < inputs; i++) {
        const mask = isShared ? 1 : this.channelsHeard(impulse.channels, o, i);
        let r: u32 = 0;
        while (r < responses && load<u32>(masks + (<usize>r << 2)) != mask) r += 1;
        if (mask && r == responses) {
          store<u32>(masks + (<usize>r << 2), mask);
          responses += 1;
        }
        convolver.connect(o, i, mask ? r : NO_ROUTE);
      }
    }
    convolver.plan(inputs, this.wetOutputs, responses, impulse.frames);
    convolver.place<Instance>(this);
    for (let r: u32 = 0; r < responses; r++) {
      impulse.mask = load<u32>(masks + (<usize>r << 2));
      convolver.load<Impulse>(r, impulse);
    }
  }

  /** The channels of a response, as bits, by which an output hears an input. */
  private channelsHeard(channels: u32, output: u32, input: u32): u32 {
    let mask: u32 = 0;
    for (let side: u32 = 0; side < 2; side++) {
      if (this.outputChannels == 2 && side != output) continue;
      for (let source: u32 = 0; source < 2; source++) {
        if (this.inputChannels == 2 && source != input) continue;
        if (channels == 4) mask |= 1 << (2 * source + side);
        else if (source == side) mask |= channels == 2 ? 1 << side : 1;
      }
    }
    return mask;
  }

  private renderWet(from: u32, frames: u32): void {
    const left = this.strideLeft;
    for (let i: u32 = 0; i < this.inputChannels; i++) {
      cleanRow(this.in(i) + (<usize>from << 2), this.fed + <usize>i * ROW_BYTES, frames);
    }
    changetype<PreDelay>(this.preDelay).process(this.fed, ROW_BYTES, this.inputChannels, frames);
    changetype<Convolver>(this.convolver).process(this.fed, this.fed + ROW_BYTES, this.heard, this.heard + ROW_BYTES, frames);
    const cuts = changetype<Cuts>(this.cuts);
    if (cuts.isActive) {
      for (let o: u32 = 0; o < this.wetOutputs; o++) {
        const states = this.cutStates + <usize>o * CUTS_STATE_BYTES;
        cuts.process(changetype<Lanes>(this.places), this.heard + <usize>o * ROW_BYTES, states, frames, left);
      }
    }
    cuts.isOdd = left ? 0 : (cuts.isOdd ^ frames) & 1;
  }

  private mix(from: u32, frames: u32): void {
    const at = <usize>from << 2;
    const hasTwo = this.inputChannels == 2;
    const left = this.strideLeft;
    for (let o: u32 = 0; o < this.outputChannels; o++) {
      const own = this.in(hasTwo ? o : 0) + at;
      const other = hasTwo && this.outputChannels == 1 ? this.in(1) + at : own;
      const heard = this.heard + (o < this.wetOutputs ? <usize>o * ROW_BYTES : 0);
      if (this.convolver) mixRow<Heard>(own, other, heard, this.out(o) + at, frames, left, this.dry, this.wet);
      else mixRow<Unheard>(own, other, heard, this.out(o) + at, frames, left, this.dry, this.wet);
    }
  }
}

// Whether there is a wet sound, as types: `mixRow` is compiled once for each.
@unmanaged
class Heard {
  @inline is(): bool {
    return true;
  }
}

@unmanaged
class Unheard {
  @inline is(): bool {
    return false;
  }
}

/** output = dry (own + other) / 2 + wet heard */
function mixRow<W>(own: usize, other: usize, heard: usize, output: usize, frames: u32, left: u32, dry: usize, wet: usize): void {
  const bytes = <usize>frames << 2;
  const vectors = bytes & ~15;
  const half = f32x4.splat(0.5);
  let n: usize = 0;
  let rest = left;
  for (; n < vectors; n += 16) {
    const x = f32x4.mul(half, f32x4.add(v128.load(own + n), v128.load(other + n)));
    let y = f32x4.mul(left ? changetype<Ramp>(dry).four(rest) : f32x4.splat(changetype<Ramp>(dry).to), x);
    if (changetype<W>(0).is()) {
      y = f32x4.add(y, f32x4.mul(left ? changetype<Ramp>(wet).four(rest) : f32x4.splat(changetype<Ramp>(wet).to), v128.load(heard + n)));
    }
    v128.store(output + n, y);
    if (left) rest -= 4;
  }
  for (; n < bytes; n += 4) {
    const x = <f32>0.5 * (load<f32>(own + n) + load<f32>(other + n));
    let y = changetype<Ramp>(dry).at(rest) * x;
    if (changetype<W>(0).is()) y += changetype<Ramp>(wet).at(rest) * load<f32>(heard + n);
    store<f32>(output + n, y);
    if (left) rest -= 1;
  }
}

function cleanRow(from: usize, to: usize, frames: u32): void {
  const bytes = <usize>frames << 2;
  const vectors = bytes & ~15;
  let n: usize = 0;
  for (; n < vectors; n += 16) v128.store(to + n, clean<v128>(v128.load(from + n)));
  for (; n < bytes; n += 4) store<f32>(to + n, clean<f32>(load<f32>(from + n)));
}
