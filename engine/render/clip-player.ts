import { PAGE_FRAMES } from '../disk/page-store.ts';
import type { PageReader } from '../disk/page-reader.ts';
import { FLAG } from './program.ts';
import type { ClipImage } from './task-image.ts';

/**
 * Adds samples of one channel with the fades of a clip, times a ramp that goes from `ramp` by `rampStep` a frame. [render]
 *
 * Frame i of the block is frame before + i of the clip, and frame shift + i of `from`.
 */
function addSamples(
  to: Float32Array,
  from: Float32Array,
  clip: ClipImage,
  shift: number,
  before: number,
  at: number,
  first: number,
  last: number,
  ramp: number,
  rampStep: number,
): void {
  const { fadeIn, fadeOut, gain } = clip;
  const fadeOutStart = clip.frames - fadeOut;
  // most blocks lie between the fades and have no ramp
  if (rampStep === 0 && before + first >= fadeIn && before + last <= fadeOutStart) {
    const g = gain * ramp;
    for (let i = first; i < last; i++) to[at + i] = to[at + i]! + from[shift + i]! * g;
    return;
  }
  for (let i = first; i < last; i++) {
    const inside = before + i;
    let g = gain * (ramp + rampStep * i);
    if (inside < fadeIn) g *= inside / fadeIn;
    if (inside >= fadeOutStart) g *= (clip.frames - inside) / fadeOut;
    to[at + i] = to[at + i]! + from[shift + i]! * g;
  }
}

/**
 * Plays the clips of one track. [render]
 *
 * clips: sorted by start. Overlapping clips are added. Places are sample-exact. What of a clip is on the disk and not in
 * memory is silent: its sound ends with a fade over the block before, where that is known by then, and comes back with one.
 */
export class ClipPlayer {
  private readonly clips: readonly ClipImage[];
  private readonly pages: readonly (PageReader | undefined)[];
  /** By clip: 1 while its sound is there, 0 while it is not. */
  private readonly levels: Float32Array;
  private readonly out: Float32Array[];
  private readonly words: Uint32Array;
  private readonly flags: number[];
  /** Whether sound was missing since it was set to false. */
  isLate = false;

  /**
   * words, flags: the memory, and the indices of the words that say whether a channel is silent. pages: the stores of the
   * task, by id.
   */
  constructor(
    clips: readonly ClipImage[],
    out: Float32Array[],
    words: Uint32Array,
    flags: number[],
    pages: ReadonlyMap<number, PageReader>,
  ) {
    this.clips = clips;
    this.out = out;
    this.words = words;
    this.flags = flags;
    this.pages = clips.map(({ disk }) => disk && pages.get(disk.id));
    this.levels = new Float32Array(clips.length).fill(1);
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

  /** The timeline has jumped: what comes next does not follow on what was before. */
  land(): void {
    this.levels.fill(1);
  }

  /**
   * Adds what the timeline has from `position` on, at frame `at` of the block. The ramp goes linearly from one gain to the
   * other. until: where the timeline jumps, at the end of these frames at the earliest. isLeft: the timeline has jumped away
   * from here. Returns whether there is anything.
   */
  add(
    position: number,
    at: number,
    frames: number,
    rampFrom: number,
    rampTo: number,
    until: number,
    isLeft: boolean,
  ): boolean {
    const { clips, pages, flags, words } = this;
    const rampStep = (rampTo - rampFrom) / frames;
    let isHeard = false;
    for (let i = 0; i < clips.length; i++) {
      const clip = clips[i]!;
      if (clip.start >= position + frames) break;
      if (clip.start + clip.frames <= position) continue;
      const reader = pages[i];
      if (reader) this.addFromDisk(i, reader, position, at, frames, rampFrom, rampStep, until, isLeft);
      else this.addFromMemory(clip, position, at, frames, rampFrom, rampStep);
      for (let c = 0; c < flags.length; c++) words[flags[c]!] = FLAG.sound;
      isHeard = true;
    }
    return isHeard;
  }

  private addFromMemory(
    clip: ClipImage,
    position: number,
    at: number,
    frames: number,
    ramp: number,
    rampStep: number,
  ): void {
    const { out } = this;
    const { media } = clip;
    const before = position - clip.start;
    const first = Math.max(0, -before);
    const last = Math.min(frames, clip.frames - before);
    for (let c = 0; c < out.length; c++) {
      const from = media.length === 1 ? media[0]! : media[c];
      if (from) addSamples(out[c]!, from, clip, clip.offset + before, before, at, first, last, ramp, rampStep);
    }
  }

  private addFromDisk(
    index: number,
    reader: PageReader,
    position: number,
    at: number,
    frames: number,
    ramp: number,
    rampStep: number,
    until: number,
    isLeft: boolean,
  ): void {
    const { levels } = this;
    const clip = this.clips[index]!;
    const before = position - clip.start;
    const first = Math.max(0, -before);
    const last = Math.min(frames, clip.frames - before);
    const source = clip.offset + before;
    const isThere = reader.find(source + first, source + last);
    const level = levels[index]!;
    if (isLeft) {
      if (isThere && level === 1) this.addPages(clip, reader, source, before, at, first, last, ramp, rampStep);
      return;
    }
    if (!isThere) {
      levels[index] = 0;
      this.isLate = true;
      return;
    }
    // what is played after these frames: if it is not there yet, this is the time to fade out
    const end = Math.min(clip.offset + clip.frames, source + 2 * frames, clip.offset + until - clip.start);
    const goesOn = end <= source + last || reader.has(source + last, end);
    const next = goesOn ? 1 : 0;
    if (level === 1 && next === 1) {
      this.addPages(clip, reader, source, before, at, first, last, ramp, rampStep);
      return;
    }
    levels[index] = next;
    if (level === 0 && next === 0) return;
    // both ramps at once: their product, as a straight line from its beginning to its end
    const from = ramp * level;
    const to = (ramp + rampStep * frames) * next;
    this.addPages(clip, reader, source, before, at, first, last, from, (to - from) / frames);
  }

  /** What `find` found. */
  private addPages(
    clip: ClipImage,
    reader: PageReader,
    source: number,
    before: number,
    at: number,
    first: number,
    last: number,
    ramp: number,
    rampStep: number,
  ): void {
    const { out } = this;
    const isMono = reader.channels === 1;
    for (let from = first; from < last; ) {
      const page = Math.floor((source + from) / PAGE_FRAMES);
      const to = Math.min(last, (page + 1) * PAGE_FRAMES - source);
      const samples = reader.samples(page);
      const shift = source - page * PAGE_FRAMES;
      for (let c = 0; c < out.length; c++) {
        const start = reader.start(page, isMono ? 0 : c);
        addSamples(out[c]!, samples, clip, start + shift, before, at, from, to, ramp, rampStep);
      }
      from = to;
    }
  }
}
