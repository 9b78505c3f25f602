import type { Resampler } from '@audiocloud/api';
import { phaseTable } from '../phase-table.ts';
import { dot, dotPair } from '../resample.ts';

/** Takes converted frames of all channels. The arrays are used again. */
export type TakeFrames = (planes: readonly Float32Array[], frames: number) => void;

/** Converts a sound to another rate while it passes. */
export interface ResampleStream {
  /** `frames` frames of all channels from `first` on. */
  push(planes: readonly Float32Array[], first: number, frames: number): void;
  /** Silence follows: gives the rest, so that round(frames x to / from) frames were given in all. */
  end(): void;
}

/** Frames of input that are held at once beside the taps. */
const WINDOW_FRAMES = 8192;
const MOST_OUTPUT_FRAMES = 4096;

/**
 * As `resample`, piece by piece, in any class: the same frames bit for bit, however the sound is cut into calls, with bounded memory.
 * `take` gets at most MOST_OUTPUT_FRAMES at a time. [any]
 */
export function createResampleStream(
  from: number,
  to: number,
  channels: number,
  take: TakeFrames,
  resampler: Resampler = 'standard',
): ResampleStream {
  const divisor = gcd(from, to);
  const up = to / divisor;
  const down = from / divisor;
  const { taps, phases, table } = phaseTable(resampler, up, down);
  const isExact = phases === up;
  /** Input from frame `held` on; before frame 0 there is silence. */
  const window = Array.from({ length: channels }, () => new Float32Array(WINDOW_FRAMES + 2 * taps));
  const output = Array.from({ length: channels }, () => new Float32Array(MOST_OUTPUT_FRAMES));
  let held = -(taps / 2 - 1);
  let filled = taps / 2 - 1; // of the window
  let received = 0;
  let made = 0;
  let base = held; // input frame of the first tap of the next output frame
  let phase = 0; // of `up`

  const interpolated = (plane: Float32Array, at: number): number => {
    const place = (phase / up) * phases;
    const row = Math.floor(place);
    const value = dot(plane, at, table, row * taps, taps);
    return value + (place - row) * (dot(plane, at, table, (row + 1) * taps, taps) - value);
  };
  const make = (n: number) => {
    const at = base - held;
    const row = phase * taps;
    let c = 0;
    if (isExact)
      for (; c + 1 < channels; c += 2)
        dotPair(window[c]!, window[c + 1]!, at, table, row, taps, output[c]!, output[c + 1]!, n);
    for (; c < channels; c++)
      output[c]![n] = isExact ? dot(window[c]!, at, table, row, taps) : interpolated(window[c]!, at);
  };
  /** Makes output while all its taps are there, up to `most` frames in all. */
  const run = (most: number) => {
    while (made < most && base + taps <= held + filled) {
      let count = 0;
      for (; count < MOST_OUTPUT_FRAMES && made < most && base + taps <= held + filled; count++, made++) {
        make(count);
        phase += down;
        while (phase >= up) {
          phase -= up;
          base++;
        }
      }
      take(output, count);
    }
    // what lies before the next taps is not needed any more
    const gone = Math.min(filled, base - held);
    for (const plane of window) plane.copyWithin(0, gone, filled);
    held += gone;
    filled -= gone;
  };
  const append = (planes: readonly Float32Array[] | undefined, first: number, frames: number, most: number) => {
    for (let at = 0; at < frames; ) {
      const part = Math.min(frames - at, window[0]!.length - filled);
      for (let c = 0; c < channels; c++) {
        if (planes) window[c]!.set(planes[c]!.subarray(first + at, first + at + part), filled);
        else window[c]!.fill(0, filled, filled + part);
      }
      filled += part;
      at += part;
      run(most);
    }
  };
  return {
    push(planes, first, frames) {
      received += frames;
      append(planes, first, frames, Number.POSITIVE_INFINITY);
    },
    end() {
      const whole = Math.round((received * to) / from);
      while (made < whole) append(undefined, 0, taps, whole);
    },
  };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
