import { MOVING_SUM_BYTES, MovingSum } from '../../dsp/moving-sum.as';
import { SMALLEST_BYTES, Smallest } from '../../dsp/smallest.as';

/** Gains are whole numbers of this: 1, so that sums of them are exact. 2^-30 is 1e-8 dB. */
export const ONE: u32 = 1 << 30;
const NEAR_ONE: f64 = 4.656612873077393e-10; // 2^-31: from here on the gain is 1

/** Bytes of one GainPath, without its rings. */
export const GAIN_PATH_BYTES: usize = 32 + SMALLEST_BYTES + 2 * MOVING_SUM_BYTES;

/**
 * From the gain that each frame needs to a smooth one that is never above it, `lookahead` frames later: the smallest gain of the frames
 * ahead, released by one pole, then two moving averages that together are as long as the look-ahead, so that the way down is a
 * curve without a corner that ends in time.
 *
 * Frame j needs its gain in frames j and j + 1 of what comes in (the points between samples lie beside both); what comes out in frame
 * j + lookahead is at most that. For this the smallest is of lookahead + 1 frames, the averages of lookahead together.
 *
 *  0 released f64 · 8 release f64, share of the way done in a frame · 16 atRest u32, frames since something was below 1
 * 20 lookahead u32 · 24 perSum f64 · 32 smallest Smallest · 64 first MovingSum · 96 second MovingSum
 */
@final
@unmanaged
export class GainPath {
  released: f64;
  release: f64;
  atRest: u32;
  lookahead: u32;
  perSum: f64;

  /** Bytes of the rings for a look-ahead of `lookahead` frames. */
  static ringBytes(lookahead: u32): usize {
    return ((<usize>lookahead + 1) << 3) + ((<usize>lookahead + 2) << 3) + 32;
  }

  /** @param lookahead frames, 2 or more */
  init(rings: usize, lookahead: u32): void {
    const first = (lookahead + 1) >> 1;
    const second = lookahead + 1 - first; // together lookahead + 1, of which the frame of both ends is one: lookahead long
    this.lookahead = lookahead;
    this.smallest.init(rings, lookahead + 1, ONE);
    this.first.init(rings + ((<usize>lookahead + 1) << 3), first);
    this.second.init(rings + ((<usize>lookahead + 1) << 3) + (<usize>first << 3), second);
    this.perSum = 1.0 / (<f64>first * <f64>second * <f64>ONE);
    this.reset();
  }

  reset(): void {
    this.released = 1;
    this.smallest.reset();
    this.first.fill(ONE);
    this.second.fill(<u64>ONE * <u64>this.first.length);
    this.atRest = this.lookahead;
  }

  /** Whether every gain under way is 1: frames that need none may then be left out. [render] */
  @inline get isAtRest(): bool {
    return this.atRest >= this.lookahead && !this.smallest.count;
  }

  /** Takes the gain that a frame needs, 0 to 1. [render] @returns the gain of the frame `lookahead` before it */
  @inline next(needed: f64): f64 {
    const smallest = this.smallest.next(<u32>(needed * <f64>ONE)); // rounded down
    const target = <f64>smallest * (1.0 / <f64>ONE);
    let released = this.released;
    if (target < released) released = target;
    else released += this.release * (target - released);
    if (released > 1.0 - NEAR_ONE) released = 1;
    this.released = released;
    this.atRest = released < 1.0 ? 0 : min(this.atRest + 1, this.lookahead);
    const sum = this.second.next(this.first.next(<u64>(released * <f64>ONE)));
    return <f64>sum * this.perSum;
  }

  @inline private get smallest(): Smallest {
    return changetype<Smallest>(changetype<usize>(this) + 32);
  }

  @inline private get first(): MovingSum {
    return changetype<MovingSum>(changetype<usize>(this) + 32 + SMALLEST_BYTES);
  }

  @inline private get second(): MovingSum {
    return changetype<MovingSum>(changetype<usize>(this) + 32 + SMALLEST_BYTES + MOVING_SUM_BYTES);
  }
}
