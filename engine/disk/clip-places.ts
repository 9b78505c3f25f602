import { PAGE_FRAMES } from './page-store.ts';
import type { Stretch } from './timeline-path.ts';

/** A clip whose sound is on the disk; everything in frames. */
export interface DiskClip {
  start: number;
  frames: number;
  /** First frame inside the sound. */
  offset: number;
  /** Id of its store. */
  store: number;
}

/** Where clips are on the timeline. [any] */
export class ClipPlaces {
  private readonly clips: readonly DiskClip[];
  /** Where the clips up to each have all ended. */
  private readonly reach: Float64Array;

  constructor(clips: readonly DiskClip[]) {
    this.clips = [...clips].sort((a, b) => a.start - b.start);
    this.reach = new Float64Array(clips.length);
    let reach = Number.NEGATIVE_INFINITY;
    this.clips.forEach(({ start, frames }, i) => {
      reach = Math.max(reach, start + frames);
      this.reach[i] = reach;
    });
  }

  /** Calls `each` with every page that a stretch needs, and in how many frames its first one is due; in any order. */
  pages({ from, to, dueFrames }: Stretch, each: (store: number, page: number, dueFrames: number) => void): void {
    const { clips, reach } = this;
    let i = this.firstFrom(to) - 1;
    for (; i >= 0 && reach[i]! > from; i--) {
      const { start, frames, offset, store } = clips[i]!;
      const first = Math.max(from, start);
      const end = Math.min(to, start + frames);
      if (end <= first) continue;
      const shift = offset - start;
      for (let page = Math.floor((first + shift) / PAGE_FRAMES); page * PAGE_FRAMES < end + shift; page++)
        each(store, page, dueFrames + Math.max(0, page * PAGE_FRAMES - shift - from));
    }
  }

  /** The first clip that begins at a frame or behind it. */
  private firstFrom(frame: number): number {
    let low = 0;
    let high = this.clips.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.clips[middle]!.start < frame) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
