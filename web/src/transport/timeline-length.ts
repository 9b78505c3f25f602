import type { Task } from '@audiocloud/api';

// What a task without clips of a known length gets, so that there is something to click on.
const LEAST_SECONDS = 10;

/**
 * How long a timeline to draw: the task's own length, or the end of the last clip or loop that says where it ends.
 *
 * @param reachedSeconds the farthest that was played: clips may run to the unknown end of their media.
 */
export function timelineSeconds(task: Task, reachedSeconds: number): number {
  if (task.lengthSeconds) return task.lengthSeconds;
  const clips = Object.values(task.tracks ?? {}).flatMap((track) => track.clips);
  const ends = clips.map(({ startSeconds, lengthSeconds = 0 }) => startSeconds + lengthSeconds);
  return Math.max(task.loop?.endSeconds ?? 0, reachedSeconds, ...ends) || LEAST_SECONDS;
}
