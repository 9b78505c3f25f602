import type { Notes, Task } from '@audiocloud/api';

// What a task without clips of a known length gets, so that there is something to click on.
const LEAST_SECONDS = 10;

/** Where notes end, by the notes: there may be many, and they are never changed in place. */
const knownEnds = new WeakMap<Notes, number>();

function endOf(part: Notes): number {
  let end = knownEnds.get(part);
  if (end === undefined) {
    end = part.notes.reduce((most, { seconds, lengthSeconds }) => Math.max(most, seconds + lengthSeconds), 0);
    knownEnds.set(part, end);
  }
  return end;
}

/**
 * How long a timeline to draw: the task's own length, or the end of the last clip, note or loop that says where it ends.
 *
 * @param reachedSeconds the farthest that was played: clips may run to the unknown end of their media.
 */
export function timelineSeconds(task: Task, reachedSeconds: number): number {
  if (task.lengthSeconds) return task.lengthSeconds;
  const clips = Object.values(task.tracks ?? {}).flatMap((track) => track.clips);
  const ends = clips.map(({ startSeconds, lengthSeconds = 0 }) => startSeconds + lengthSeconds);
  for (const part of Object.values(task.notes ?? {})) ends.push(endOf(part));
  return Math.max(task.loop?.endSeconds ?? 0, reachedSeconds, ...ends) || LEAST_SECONDS;
}
