import { clean } from '../../dsp/clean.as';
import { Media } from '../../dsp/instance.as';
import { Pink } from '../../dsp/noise.as';

const FADE_IN_SECONDS: f64 = 0.001; // where the start is cut off
const FADE_OUT_SECONDS: f64 = 0.01; // where the end is
/** After so many frames the filter for pink noise has lost 118 dB of its slowest part: 0.99886^12000. */
const PINK_FRAMES: u32 = 12000;

/**
 * The part of an impulse response that is in use: of 1, 2 or 4 channels (3 are taken for 2), cut and faded by half a cosine.
 *
 * 0 address usize · 4 strideBytes usize, from channel to channel · 8 channels u32 · 12 frames u32 · 16 fadeIn u32 · 20 fadeOut u32
 * 24 mask u32, 28 gain f32: what `read` gives, the sum of these channels times the gain
 */
@final
@unmanaged
export class Impulse {
  address: usize;
  strideBytes: usize;
  channels: u32;
  frames: u32;
  fadeIn: u32;
  fadeOut: u32;
  mask: u32;
  gain: f32;

  /** Nothing is left (`frames` 0) where nothing is given or the start lies behind the end. [control] */
  init(media: Media, startSeconds: f64, lengthSeconds: f64, sampleRate: f64): void {
    const start = <u32>Math.round(startSeconds * sampleRate);
    this.frames = 0;
    if (!media.address || start >= media.frames) return;
    const rest = media.frames - start;
    this.address = media.address + (<usize>start << 2);
    this.strideBytes = <usize>((media.frames + 3) & ~3) << 2;
    this.channels = media.channels >= 4 ? 4 : min<u32>(media.channels, 2);
    this.frames = min(rest, <u32>Math.max(1.0, Math.round(lengthSeconds * sampleRate)));
    const half = this.frames >> 1;
    this.fadeIn = start ? min(half, <u32>Math.round(FADE_IN_SECONDS * sampleRate)) : 0;
    this.fadeOut = this.frames < rest ? min(half, <u32>Math.round(FADE_OUT_SECONDS * sampleRate)) : 0;
  }

  /** f32[frames] from `first` on. [control] */
  read(first: u32, frames: u32, to: usize): void {
    for (let n: u32 = 0; n < frames; n++) {
      let sum: f32 = 0;
      for (let c: u32 = 0; c < this.channels; c++) if ((this.mask >> c) & 1) sum += this.at(c, first + n);
      store<f32>(to + (<usize>n << 2), sum * this.gain);
    }
  }

  /**
   * The gain with which pink noise keeps its power: sqrt(outputs P / sum of the power of every channel's pink response), P the
   * power of pink noise itself. Outputs are 1 for one channel, else 2: the mean of both, for inputs that have nothing in common. 1 for silence. [control]
   */
  pinkGain(pink: Pink): f64 {
    let power: f64 = 0;
    for (let c: u32 = 0; c < this.channels; c++) power += this.pinkPower(pink, c);
    if (!(power > 0)) return 1;
    const outputs = this.channels == 1 ? 1.0 : 2.0;
    return Math.sqrt((outputs * onePinkPower(pink)) / power);
  }

  private pinkPower(pink: Pink, channel: u32): f64 {
    memory.fill(changetype<usize>(pink), 0, offsetof<Pink>());
    let power: f64 = 0;
    for (let n: u32 = 0; n < this.frames + PINK_FRAMES; n++) {
      const y = pink.next(n < this.frames ? <f64>this.at(channel, n) : 0);
      power += y * y;
    }
    return power;
  }

  /** A frame of a channel, faded. */
  private at(channel: u32, n: u32): f32 {
    const x = clean<f32>(load<f32>(this.address + <usize>channel * this.strideBytes + (<usize>n << 2)));
    if (n < this.fadeIn) return <f32>(<f64>x * rise(n, this.fadeIn));
    const left = this.frames - 1 - n;
    return left < this.fadeOut ? <f32>(<f64>x * rise(left, this.fadeOut)) : x;
  }
}

/** Frame n of a fade: from 0 to 1. */
function rise(n: u32, frames: u32): f64 {
  return 0.5 - 0.5 * Math.cos((Math.PI * (<f64>n + 0.5)) / <f64>frames);
}

function onePinkPower(pink: Pink): f64 {
  memory.fill(changetype<usize>(pink), 0, offsetof<Pink>());
  let power: f64 = 0;
  for (let n: u32 = 0; n < PINK_FRAMES; n++) {
    const y = pink.next(n ? 0 : 1);
    power += y * y;
  }
  return power;
}
