/** Frames of the timeline, and how many frames from now the first of them is played. */
export interface Stretch {
  from: number;
  to: number;
  dueFrames: number;
}

export interface TimelinePlace {
  positionFrame: number;
  loopStart: number;
  /** Not above loopStart: there is no loop. */
  loopEnd: number;
}

/** What is played in the next `frames` frames, each place of the timeline once. [any] */
export function timelinePath({ positionFrame, loopStart, loopEnd }: TimelinePlace, frames: number): Stretch[] {
  const isLooped = loopEnd > loopStart && positionFrame < loopEnd;
  if (!isLooped || positionFrame + frames <= loopEnd)
    return [{ from: positionFrame, to: positionFrame + frames, dueFrames: 0 }];
  const first = { from: positionFrame, to: loopEnd, dueFrames: 0 };
  const dueFrames = loopEnd - positionFrame;
  // up to where it began: from there on it was played already
  const to = Math.min(positionFrame, loopStart + frames - dueFrames);
  return to > loopStart ? [first, { from: loopStart, to, dueFrames }] : [first];
}
