import { Adsr } from '../../dsp/adsr.as';
import { clean } from '../../dsp/clean.as';
import { Ramp } from '../../dsp/ramp.as';
import { SINC_REACH, Sinc, SincTable, sinc } from '../../dsp/sinc.as';
import { LOW_PASS_BYTES, LowPass } from './low-pass.as';
import { Sound } from './sound.as';

/** Frames that are rendered at once; a stride is shorter. */
export const PIECE_FRAMES: u32 = 64;
/** Frames of a sound that a piece may read: 16 for each of its own, and the reach of the filter. */
const READ_FRAMES: u32 = 16 * PIECE_FRAMES + 2 * SINC_REACH + 4;
/** What voices work in, one after another: f32[2][READ_FRAMES] of the sound, then f32[3][PIECE_FRAMES]: two channels and the envelope. */
export const WORK_BYTES: usize = <usize>(2 * READ_FRAMES + 3 * PIECE_FRAMES) << 2;

/**
 * A note on one place of the sampler: where it is in its sound, and how fast. [render]
 *
 * A frame depends on what stands here alone, and on how far the stride is: so blocks may be cut anywhere.
 *
 *  0 Sound · 28 number u32, of its place · 32 position u64 · 40 speed u64, where the stride ends, both in steps of 2^-32
 * 48 change i64, of the speed for a frame · 56 leftTo f32 · 60 leftStep f32 · 64 rightTo f32 · 68 rightStep f32: Ramps
 * 72 note u32 · 76 velocity u32 · 80 channel u32 · 84 isOneShot u32 · 88 isFiltered u32 · 92 isFresh u32 · 96 fastest u64, of this stride
 * 104 table usize (SincTable) · 108 unused u32 · 112 LowPass · 192 Adsr
 */
@final
@unmanaged
export class SamplerVoice extends Sound {
  number: u32;
  position: u64;
  speed: u64;
  change: i64;
  leftTo: f32;
  leftStep: f32;
  rightTo: f32;
  rightStep: f32;
  note: u32;
  velocity: u32;
  channel: u32;
  /** It ends with its sound, whatever the key does. */
  isOneShot: u32;
  isFiltered: u32;
  /** It has not sounded yet. */
  isFresh: u32;
  fastest: u64;
  table: usize;
  unused108: u32;

  /** Gain of the first channel of the sound; of a mono one, to the left. */
  @inline get leftGain(): Ramp {
    return changetype<Ramp>(changetype<usize>(this) + offsetof<SamplerVoice>("leftTo"));
  }

  @inline get rightGain(): Ramp {
    return changetype<Ramp>(changetype<usize>(this) + offsetof<SamplerVoice>("rightTo"));
  }

  @inline get filter(): LowPass {
    return changetype<LowPass>(changetype<usize>(this) + offsetof<SamplerVoice>());
  }

  @inline get envelope(): Adsr {
    return changetype<Adsr>(changetype<usize>(this) + ENVELOPE);
  }

  /** Goes to a speed, in frames a frame, within `frames`; 0 is at once. Its filter is that of the fastest frame. */
  aimSpeed(sincs: Sinc, speed: f64, frames: u32): void {
    const steps = <u64>(Math.min(Math.max(speed, 0.0625), 16.0) * 4294967296.0 + 0.5);
    this.change = frames ? (<i64>steps - <i64>this.speed) / <i64>frames : 0;
    this.speed = steps;
    this.fastest = max(steps, steps - <u64>(this.change * <i64>frames));
    this.table = changetype<usize>(sincs.tableFor(this.fastest));
  }

  /**
   * Adds its next frames, at most PIECE_FRAMES, to the outputs.
   *
   * @param left where they go in the first output; `right` in the second, which may be the same
   * @param isWide there are two outputs
   * @param strideLeft frames until the stride ends, 0 when all stands still
   * @returns false when nothing more comes
   */
  render(work: usize, left: usize, right: usize, isWide: bool, frames: u32, strideLeft: u32): bool {
    const leftRow = work + (<usize>(2 * READ_FRAMES) << 2);
    const rightRow = this.right ? leftRow + (<usize>PIECE_FRAMES << 2) : leftRow;
    const levels = leftRow + (<usize>(2 * PIECE_FRAMES) << 2);
    const isSounding = this.readPiece(work, leftRow, rightRow, frames, strideLeft);
    this.isFresh = 0;
    if (this.isFiltered) this.filter.process(leftRow, rightRow, frames, <f64>strideLeft);
    const envelope = this.envelope;
    for (let n: u32 = 0; n < frames; n++) store<f32>(levels + (<usize>n << 2), <f32>envelope.next());
    mix(leftRow, levels, this.leftGain, <f32>strideLeft, left, frames);
    if (isWide || this.right) mix(rightRow, levels, this.rightGain, <f32>strideLeft, right, frames);
    return isSounding && !envelope.isOver;
  }

  /** The next frames of the sound into the rows. @returns false when all that comes is zero */
  private readPiece(work: usize, leftRow: usize, rightRow: usize, frames: u32, strideLeft: u32): bool {
    const speed = this.speed - <u64>(this.change * <i64>strideLeft);
    const table = changetype<SincTable>(this.table);
    const position = this.position;
    const start = <i32>(position >> 32) - <i32>table.before;
    const end = <i32>((position + this.fastest * <u64>(frames - 1)) >> 32) + <i32>table.before + 2;
    sinc(table, this.read(this.left, start, end, work), position, speed, this.change, leftRow, frames);
    if (this.right) {
      const source = this.read(this.right, start, end, work + (<usize>READ_FRAMES << 2));
      sinc(table, source, position, speed, this.change, rightRow, frames);
    }
    const sum = <i64>frames * <i64>(frames - 1) / 2;
    const next = position + speed * <u64>frames + <u64>(this.change * sum);
    this.position = this.folded(next, 2 * SINC_REACH);
    return this.loopFrames != 0 || <i32>(next >> 32) - <i32>table.before < <i32>this.end;
  }
}

/** Where the Adsr of a voice stands in it. */
export const ENVELOPE: usize = 192;
/** Bytes of one SamplerVoice with its filter and its envelope. */
export const SAMPLER_VOICE_BYTES: usize = 256;

/** output[n] += row[n] (level[n] gain), the gain `left` frames before the stride ends; what is no sound is left out. */
function mix(row: usize, levels: usize, gain: Ramp, left: f32, output: usize, frames: u32): void {
  const to = gain.to;
  const step = gain.step;
  let n: u32 = 0;
  for (; n + 4 <= frames; n += 4) {
    const at = <usize>n << 2;
    const lefts = f32x4.sub(f32x4.splat(left), f32x4(0, 1, 2, 3));
    const gains = f32x4.sub(f32x4.splat(to), f32x4.mul(f32x4.splat(step), lefts));
    const level = f32x4.mul(v128.load(levels + at), gains);
    v128.store(output + at, f32x4.add(v128.load(output + at), f32x4.mul(clean<v128>(v128.load(row + at)), level)));
    left -= 4;
  }
  for (; n < frames; n++) {
    const at = <usize>n << 2;
    const level = load<f32>(levels + at) * (to - step * left);
    store<f32>(output + at, load<f32>(output + at) + clean<f32>(load<f32>(row + at)) * level);
    left -= 1;
  }
}
