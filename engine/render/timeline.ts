import type { TaskShared } from './task-shared.ts';

/** The way of a task's playhead along its timeline, which jumps back at the end of a loop. [render] */
export class Timeline {
  private readonly shared: TaskShared;

  constructor(shared: TaskShared) {
    this.shared = shared;
  }

  /** Where the playhead jumps that is at `position`; infinity: nowhere. */
  jumpAfter(position: number): number {
    const { loopStart, loopEnd } = this.shared;
    return loopEnd > loopStart && position < loopEnd ? loopEnd : Number.POSITIVE_INFINITY;
  }

  /** Frames from `position` until the timeline jumps, at most `frames`. */
  stretch(position: number, frames: number): number {
    const { loopStart, loopEnd } = this.shared;
    return loopEnd > loopStart && position < loopEnd ? Math.min(frames, loopEnd - position) : frames;
  }

  /** Where the playhead is after a stretch of `frames` frames. */
  after(position: number, frames: number): number {
    const { loopStart, loopEnd } = this.shared;
    const at = position + frames;
    return loopEnd > loopStart && at === loopEnd ? loopStart : at;
  }

  /** As `after`, of as many frames as one wants. */
  advance(position: number, frames: number): number {
    let at = position;
    for (let done = 0; done < frames; ) {
      const part = this.stretch(at, frames - done);
      at = this.after(at, part);
      done += part;
    }
    return at;
  }
}
