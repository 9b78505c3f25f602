import { FLAG } from './program.ts';
import type { ClipImage } from './task-image.ts';

/** Adds frames of one clip with its fades, times a ramp that goes from `ramp` by `rampStep` a frame. [render] */
function addClip(
  out: Float32Array[],
  clip: ClipImage,
  position: number,
  at: number,
  frames: number,
  ramp: number,
  rampStep: number,
): void {
  const first = Math.max(0, clip.start - position);
  const last = Math.min(frames, clip.start + clip.frames - position);
  const { fadeIn, fadeOut, gain, media } = clip;
  const before = position - clip.start; // frame i of the block is frame before + i of the clip
  const fadeOutStart = clip.frames - fadeOut;
  // most blocks lie between the fades and have no ramp
  const isPlain = rampStep === 0 && before + first >= fadeIn && before + last <= fadeOutStart;
  for (let c = 0; c < out.length; c++) {
    const to = out[c]!;
    const from = media.length === 1 ? media[0]! : media[c];
    if (!from) continue;
    const source = clip.offset + before;
    if (isPlain) {
      const g = gain * ramp;
      for (let i = first; i < last; i++) to[at + i] = to[at + i]! + from[source + i]! * g;
      continue;
    }
    for (let i = first; i < last; i++) {
      const inside = before + i;
      let g = gain * (ramp + rampStep * i);
      if (inside < fadeIn) g *= inside / fadeIn;
      if (inside >= fadeOutStart) g *= (clip.frames - inside) / fadeOut;
      to[at + i] = to[at + i]! + from[source + i]! * g;
    }
  }
}

/**
 * Plays the clips of one track. [render]
 *
 * clips: sorted by start. Overlapping clips are added. Places are sample-exact.
 */
export class ClipPlayer {
  private readonly clips: readonly ClipImage[];
  private readonly out: Float32Array[];
  private readonly words: Uint32Array;
  private readonly flags: number[];

  /** words, flags: the memory, and the indices of the words that say whether a channel is silent. */
  constructor(clips: readonly ClipImage[], out: Float32Array[], words: Uint32Array, flags: number[]) {
    this.clips = clips;
    this.out = out;
    this.words = words;
    this.flags = flags;
  }

  /** Makes the block silent before clips are added. Returns whether it was not. */
  clear(): boolean {
    const { out, words, flags } = this;
    let wasHeard = false;
    for (let c = 0; c < out.length; c++) {
      if (words[flags[c]!] === FLAG.empty) continue;
      out[c]!.fill(0);
      words[flags[c]!] = FLAG.empty;
      wasHeard = true;
    }
    return wasHeard;
  }

  /** From which frame of the timeline on, not before `position`, there may be something to play; infinite: never. */
  nextFrom(position: number): number {
    const { clips } = this;
    for (let i = 0; i < clips.length; i++) {
      const { start, frames } = clips[i]!;
      if (start + frames > position) return Math.max(start, position);
    }
    return Number.POSITIVE_INFINITY;
  }

  /**
   * Adds what the timeline has from `position` on, at frame `at` of the block. The ramp goes linearly from one gain to the
   * other. Returns whether there is anything.
   */
  add(position: number, at: number, frames: number, rampFrom: number, rampTo: number): boolean {
    const { clips } = this;
    let isHeard = false;
    for (let i = 0; i < clips.length; i++) {
      const clip = clips[i]!;
      if (clip.start >= position + frames) break;
      if (clip.start + clip.frames <= position) continue;
      addClip(this.out, clip, position, at, frames, rampFrom, (rampTo - rampFrom) / frames);
      for (let c = 0; c < this.flags.length; c++) this.words[this.flags[c]!] = FLAG.sound;
      isHeard = true;
    }
    return isHeard;
  }
}
