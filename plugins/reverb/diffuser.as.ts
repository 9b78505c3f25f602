/**
 * Four all-passes in a row that make one sound into many: (z^-m - g) / (1 - g z^-m), in a ring of m frames each.
 *
 * Source: M. Schroeder, "Natural Sounding Artificial Reverberation", J. Audio Eng. Soc. 10(3), 1962; lengths and gains of the
 * input diffusers of J. Dattorro, "Effect Design, Part 1", J. Audio Eng. Soc. 45(9), 1997, table 1.
 *
 * Of each: 0 ring usize · 4 length u32 · 8 position u32 · 12 gain f32
 */
const STAGES: u32 = 4;
const STAGE_BYTES: usize = 16;
const LENGTHS: usize = memory.data<f64>([142.0, 107.0, 379.0, 277.0]);
const GAINS: usize = memory.data<f32>([0.75, 0.75, 0.625, 0.625]);
const PUBLISHED_RATE: f64 = 29761.0;

/** Bytes of one Diffuser. */
export const DIFFUSER_BYTES: usize = <usize>STAGES * STAGE_BYTES;

/** Frames of stage `stage`, `stretch` times as long as published. [any] */
export function diffuserFrames(stage: u32, sampleRate: f64, stretch: f64): u32 {
  return <u32>Math.max(1.0, Math.round((load<f64>(LENGTHS + (<usize>stage << 3)) * stretch * sampleRate) / PUBLISHED_RATE));
}

@final
@unmanaged
export class Diffuser {
  /** `ring` holds `length` f32 and is zero at first. */
  init(stage: u32, ring: usize, length: u32): void {
    const at = this.stage(stage);
    store<usize>(at, ring);
    store<u32>(at, length, 4);
    store<f32>(at, load<f32>(GAINS + (<usize>stage << 2)), 12);
  }

  reset(): void {
    for (let s: u32 = 0; s < STAGES; s++) {
      const at = this.stage(s);
      memory.fill(load<usize>(at), 0, <usize>load<u32>(at, 4) << 2);
      store<u32>(at, 0, 8);
    }
  }

  /** One frame, clean. [render] */
  @inline next(x: f32): f32 {
    for (let s: u32 = 0; s < STAGES; s++) {
      const at = this.stage(s);
      const position = load<u32>(at, 8);
      const slot = load<usize>(at) + (<usize>position << 2);
      const gain = load<f32>(at, 12);
      const late = load<f32>(slot);
      const into = x + gain * late;
      // far below hearing, long before denormal
      store<f32>(slot, abs(into) >= <f32>1e-18 ? into : 0);
      store<u32>(at, position + 1 == load<u32>(at, 4) ? 0 : position + 1, 8);
      x = late - gain * into;
    }
    return x;
  }

  @inline private stage(index: u32): usize {
    return changetype<usize>(this) + <usize>index * STAGE_BYTES;
  }
}
