import { halfBandDown, halfBandTaps, halfBandUp } from './half-band.as';
import { gather, Lanes, scatter, STATES } from './lanes.as';

/** Frames that go up and down at once. */
export const PIECE_FRAMES: u32 = 32;

// Stages: once up is stage 0 (2x), and so on. A sound fills less and less of the band, so the later filters are shorter.
const TAPS: usize = memory.data<u32>([32, 8, 6]);
const STAGES: u32 = 3;
/** Frames that a stage's input keeps: 2 K - 1, and in the first one what the dry sound waits. */
const UP_KEPT: usize = memory.data<u32>([76, 16, 12]);
/** 4 K - 2, and a frame of the lower rate in all but the first, so that the whole is a whole number of frames. */
const DOWN_KEPT: usize = memory.data<u32>([128, 32, 24]);
const LATENCY: usize = memory.data<u32>([0, 63, 71, 74]);

/**
 * What goes through a bent curve makes harmonics; those beyond half the sample rate fold back. At a rate 2, 4 or 8 times as
 * high there is room for them, and on the way back they are cut off: by 95 dB from 0.551 of the sample rate on; up to 0.449 of it
 * all passes within 0.001 dB.
 *
 * Each stage is a half-band filter (half-band.as.ts). Latency: 63, 71 or 74 frames. Cost for a frame and lane: 64, 96 or 144
 * multiplications, up and down together.
 *
 * 0 taps usize (f32[3][32]) · 4 stages u32 · 8 up usize[3] · 20 down usize[3]: rows, of values of T, kept ones first
 */
@final
@unmanaged
export class Oversampler {
  taps: usize;
  stages: u32;
  up0: usize;
  up1: usize;
  up2: usize;
  down0: usize;
  down1: usize;
  down2: usize;

  /**
   * [control]
   *
   * @param space `oversamplerBytes()` bytes, 16-byte aligned
   * @param stages 1 to 3: 2, 4 or 8 times
   */
  init(space: usize, stages: u32): void {
    this.taps = space;
    this.stages = stages;
    for (let s: u32 = 0; s < STAGES; s++) halfBandTaps(space + <usize>s * 128, tapsOf(s));
    let row = space + 384;
    for (let s: u32 = 0; s < STAGES; s++) {
      store<usize>(changetype<usize>(this) + 8 + (<usize>s << 2), row);
      row += <usize>(upKept(s) + (PIECE_FRAMES << s)) << 4;
      store<usize>(changetype<usize>(this) + 20 + (<usize>s << 2), row);
      row += <usize>(downKept(s) + (PIECE_FRAMES << (s + 1))) << 4;
    }
  }

  @inline get latencyFrames(): u32 {
    return load<u32>(LATENCY + (<usize>this.stages << 2));
  }

  /** Where the next values of T go, at most PIECE_FRAMES. */
  @inline input<T>(): usize {
    return this.rowUp(0) + <usize>upKept(0) * sizeof<T>();
  }

  /** The same values as late as what comes down. */
  @inline dry<T>(): usize {
    return this.input<T>() - <usize>this.latencyFrames * sizeof<T>();
  }

  /** The values at the high rate, after `raise`: `frames` << stages of them, to be changed in place. */
  @inline top<T>(): usize {
    const last = this.stages - 1;
    return this.rowDown(last) + <usize>downKept(last) * sizeof<T>();
  }

  /** The input goes up. [render] */
  raise<T>(frames: u32): void {
    for (let s: u32 = 0; s < this.stages; s++) {
      const to = s + 1 == this.stages ? this.top<T>() : this.rowUp(s + 1) + <usize>upKept(s + 1) * sizeof<T>();
      const from = this.rowUp(s) + <usize>upKept(s) * sizeof<T>();
      halfBandUp<T>(from, frames << s, to, this.taps + <usize>s * 128, tapsOf(s));
    }
  }

  /** And down, to `output`, which is none of the rows. [render] */
  lower<T>(frames: u32, output: usize): void {
    for (let s = <i32>this.stages - 1; s >= 0; s--) {
      const from = this.rowDown(s) + <usize>downKept(s) * sizeof<T>() - (s ? 2 * sizeof<T>() : 0);
      const to = s ? this.rowDown(s - 1) + <usize>downKept(s - 1) * sizeof<T>() : output;
      halfBandDown<T>(from, frames << s, to, this.taps + <usize>s * 128, tapsOf(s));
    }
  }

  /** The rows go on by as many frames, after `lower`. [render] */
  advance<T>(frames: u32): void {
    for (let s: u32 = 0; s < this.stages; s++) {
      keep<T>(this.rowUp(s), upKept(s), frames << s);
      keep<T>(this.rowDown(s), downKept(s), frames << (s + 1));
    }
  }

  /** What the lanes have kept comes into the rows; STATES of the lanes are f32[OVERSAMPLER_STATES]. [render] */
  take<T>(lanes: Lanes): void {
    let offset: usize = 0;
    for (let s: u32 = 0; s < this.stages; s++) {
      offset = takeRow<T>(lanes, this.rowUp(s), upKept(s), offset);
      offset = takeRow<T>(lanes, this.rowDown(s), downKept(s), offset);
    }
  }

  /** The way back. [render] */
  give<T>(lanes: Lanes): void {
    let offset: usize = 0;
    for (let s: u32 = 0; s < this.stages; s++) {
      offset = giveRow<T>(lanes, this.rowUp(s), upKept(s), offset);
      offset = giveRow<T>(lanes, this.rowDown(s), downKept(s), offset);
    }
  }

  @inline private rowUp(stage: u32): usize {
    return load<usize>(changetype<usize>(this) + 8 + (<usize>stage << 2));
  }

  @inline private rowDown(stage: u32): usize {
    return load<usize>(changetype<usize>(this) + 20 + (<usize>stage << 2));
  }
}

/** Bytes of one Oversampler without its space. */
export const OVERSAMPLER_BYTES: usize = 32;
/** f32 that a channel keeps. */
export const OVERSAMPLER_STATES: u32 = 288;

/** What `init` wants. [any] */
export function oversamplerBytes(): usize {
  return 384 + (<usize>(OVERSAMPLER_STATES + 21 * PIECE_FRAMES) << 4);
}

@inline function tapsOf(stage: u32): u32 {
  return load<u32>(TAPS + (<usize>stage << 2));
}

@inline function upKept(stage: u32): u32 {
  return load<u32>(UP_KEPT + (<usize>stage << 2));
}

@inline function downKept(stage: u32): u32 {
  return load<u32>(DOWN_KEPT + (<usize>stage << 2));
}

/** The last `kept` values move to the front. */
@inline function keep<T>(row: usize, kept: u32, values: u32): void {
  memory.copy(row, row + <usize>values * sizeof<T>(), <usize>kept * sizeof<T>());
}

function takeRow<T>(lanes: Lanes, row: usize, count: u32, offset: usize): usize {
  const a = lanes.at(STATES, 0);
  const b = lanes.at(STATES, 1);
  const c = lanes.at(STATES, 2);
  const d = lanes.at(STATES, 3);
  for (const end = offset + (<usize>count << 2); offset < end; offset += 4) {
    store<T>(row, gather<T>(a, b, c, d, offset));
    row += sizeof<T>();
  }
  return offset;
}

function giveRow<T>(lanes: Lanes, row: usize, count: u32, offset: usize): usize {
  const a = lanes.at(STATES, 0);
  const b = lanes.at(STATES, 1);
  const c = lanes.at(STATES, 2);
  const d = lanes.at(STATES, 3);
  for (const end = offset + (<usize>count << 2); offset < end; offset += 4) {
    scatter<T>(a, b, c, d, offset, load<T>(row));
    row += sizeof<T>();
  }
  return offset;
}
