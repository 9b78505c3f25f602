import type { HeardRun } from '@audiocloud/client';

/** Where a run lies in what came out of an ear. */
export interface FoundRun extends HeardRun {
  /** The place of its first frame. */
  at: number;
}

const MARK_FRAMES = 64;

/**
 * Finds each run of a report in what was heard, one after the other, and compares it with what was rendered, bit for bit but for the fade at
 * its beginning. Throws a sentence that names the first frame that is otherwise. Also what lies between runs must be silent, but for fades.
 */
export function compareHeard(
  heard: readonly Float32Array[],
  rendered: readonly Float32Array[],
  runs: readonly HeardRun[],
  fadeFrames: number,
  /** What follows the last run may be of frames that the report did not know yet. */
  goesOn = false,
): FoundRun[] {
  const found: FoundRun[] = [];
  let end = 0;
  /** Frames of runs that are too short to be found by their sound: so many may lie between those that are. */
  let short = 0;
  for (const run of runs) {
    const faded = run.streamFrame === 0 ? 0 : Math.min(fadeFrames, run.frames);
    if (run.frames - faded < MARK_FRAMES) {
      short += run.frames + fadeFrames;
      continue;
    }
    const at = find(heard, rendered, run.streamFrame + faded, end);
    if (at === undefined) throw new Error(`what is reported from frame ${run.streamFrame} on was not heard`);
    const first = at - faded;
    wantSilence(heard, end + fadeFrames, first, short);
    short = 0;
    for (const [c, plane] of heard.entries())
      for (let i = faded; i < run.frames; i++)
        if (plane[first + i] !== rendered[c]![run.streamFrame + i])
          throw new Error(
            `channel ${c}, stream frame ${run.streamFrame + i} of the run from ${run.streamFrame}: heard ${plane[first + i]}, rendered ${rendered[c]![run.streamFrame + i]}`,
          );
    found.push({ ...run, at: first });
    end = first + run.frames;
  }
  if (!goesOn) wantSilence(heard, end + fadeFrames, heard[0]!.length, short);
  return found;
}

function find(
  heard: readonly Float32Array[],
  rendered: readonly Float32Array[],
  streamFrame: number,
  from: number,
): number | undefined {
  const plane = heard[0]!;
  const mark = rendered[0]!.subarray(streamFrame, streamFrame + MARK_FRAMES);
  for (let at = from; at + MARK_FRAMES <= plane.length; at++) {
    let i = 0;
    while (i < MARK_FRAMES && plane[at + i] === mark[i]) i++;
    if (i === MARK_FRAMES) return at;
  }
  return undefined;
}

function wantSilence(heard: readonly Float32Array[], from: number, to: number, allowed: number): void {
  for (const plane of heard) {
    let sounding = 0;
    for (let i = from; i < to; i++) if (plane[i] !== 0) sounding++;
    if (sounding > allowed)
      throw new Error(
        `${sounding} frames between ${from} and ${to} of what was heard are in no run of the report, and not silent`,
      );
  }
}
