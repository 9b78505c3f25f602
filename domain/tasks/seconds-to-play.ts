import type { Loop, Task } from '@audiocloud/api';

/**
 * How long a task plays from a place on its timeline, in seconds; undefined where that has no end, or is not known. [any]
 *
 * loop: as it was set, null for none; undefined: that of the graph.
 */
export function secondsToPlay(task: Task, loop: Loop | null | undefined, fromSeconds: number): number | undefined {
  const endless = loop === undefined ? task.loop : loop;
  const clips = Object.values(task.tracks ?? {}).flatMap((track) => track.clips);
  const ends = clips.map(({ startSeconds, lengthSeconds = Number.POSITIVE_INFINITY }) => startSeconds + lengthSeconds);
  const endSeconds = task.lengthSeconds ?? Math.max(...ends);
  if (endless || !Number.isFinite(endSeconds)) return undefined;
  return Math.max(0, endSeconds - fromSeconds);
}
