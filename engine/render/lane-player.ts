import { firstFrom } from './first-from.ts';
import type { MemoryRunner } from './memory-runner.ts';
import type { LaneImage } from './task-image.ts';

/** Between two points joined by a line, a value is sent at every frame of the timeline that is a multiple of this. */
export const LINE_FRAMES = 32;

interface Lane {
  readonly image: LaneImage;
  /** The timeline frame up to which it was played; -1: whatever comes, it has to catch up. */
  next: number;
}

/** The value of a lane at a frame: before its first point that of the first. [any] */
export function laneValue({ frames, values, lines }: LaneImage, frame: number): number {
  let i = firstFrom(frames, frame);
  if (frames[i] !== frame) i -= 1;
  if (i < 0) return values[0]!;
  if (lines[i] !== 1 || i + 1 === frames.length) return values[i]!;
  const share = (frame - frames[i]!) / (frames[i + 1]! - frames[i]!);
  return values[i]! + share * (values[i + 1]! - values[i]!);
}

/**
 * Gives instances what the lanes of a task say, as events at their frames. [render]
 *
 * What it does depends on the place on the timeline alone, so live and offline are the same; after a jump the value there
 * comes first. When the list of an instance is full the lane catches up with the next part.
 */
export class LanePlayer {
  private lanes: Lane[] = [];
  private hasGiven = false;
  private readonly runners: readonly MemoryRunner[];

  constructor(runners: readonly MemoryRunner[]) {
    this.runners = runners;
  }

  get isEmpty(): boolean {
    return this.lanes.length === 0;
  }

  /** Goes over to the lanes of a new plan; those that stay go on. [render, between blocks] */
  update(images: readonly LaneImage[]): void {
    const before = new Map(this.lanes.map((lane) => [lane.image.serial, lane]));
    this.lanes = images.map((image) => ({ image, next: before.get(image.serial)?.next ?? -1 }));
  }

  /** Gives the values at the place where play begins, to be called before the instances are reset. */
  begin(position: number): void {
    const { lanes, runners } = this;
    for (let l = 0; l < lanes.length; l++) {
      const lane = lanes[l]!;
      const { memory, record, isHeld } = lane.image;
      if (Atomics.load(isHeld, 0) === 0) {
        this.push(lane, 0, laneValue(lane.image, position));
        runners[memory]!.takeEvents(record);
      }
      lane.next = position;
    }
  }

  /**
   * Plays `frames` frames of the timeline from `position` on, which are heard from frame `at` of the part on. Returns whether
   * an instance was given anything.
   */
  play(position: number, at: number, frames: number): boolean {
    const { lanes } = this;
    this.hasGiven = false;
    for (let l = 0; l < lanes.length; l++) {
      const lane = lanes[l]!;
      if (Atomics.load(lane.image.isHeld, 0) !== 0) lane.next = -1;
      else lane.next = this.playLane(lane, position, at, frames) ? position + frames : -1;
    }
    return this.hasGiven;
  }

  private playLane(lane: Lane, position: number, at: number, frames: number): boolean {
    const { frames: points, values, lines } = lane.image;
    const end = position + frames;
    let from = position;
    if (lane.next !== position) {
      if (!this.push(lane, at, laneValue(lane.image, position))) return false;
      from += 1;
    }
    for (let i = firstFrom(points, from); from < end; i++) {
      const point = i < points.length ? points[i]! : Number.POSITIVE_INFINITY;
      if (i > 0 && i < points.length && lines[i - 1] === 1) {
        const last = Math.min(point, end);
        for (let f = Math.ceil(from / LINE_FRAMES) * LINE_FRAMES; f < last; f += LINE_FRAMES)
          if (!this.push(lane, at + f - position, laneValue(lane.image, f))) return false;
      }
      if (point >= end) return true;
      if (!this.push(lane, at + point - position, values[i]!)) return false;
      from = point + 1;
    }
    return true;
  }

  private push({ image }: Lane, frame: number, value: number): boolean {
    this.hasGiven = true;
    return this.runners[image.memory]!.pushParameter(image.record, frame, image.parameter, image.index, value);
  }
}
