import { AudioCloudError, LONGEST_SECONDS, type Task } from '@audiocloud/api';
import type { SinkImage } from '../render/task-image.ts';
import type { LoadedTask } from './loaded-task.ts';

export interface RangeOptions {
  task: Task;
  /** Place on the timeline, 0 to LONGEST_SECONDS; default 0. Instances begin there as new: they know nothing of before. */
  fromSeconds?: number;
  /** As fromSeconds. Default: the task's length, or the end of the last clip or note and the longest tail. */
  toSeconds?: number;
  /** Default: the first sink. */
  sink?: string;
  /** Several at once, in place of `sink`. */
  sinks?: readonly string[];
}

/** What of a task is rendered: sinks, at least one, from one frame of the timeline to another. */
export interface RenderRange {
  sinks: SinkImage[];
  from: number;
  to: number;
}

const NO_END = 'it has no end of its own: give --to, or lengthSeconds in the task';

/** Throws SINK_UNKNOWN, REQUEST_INVALID. */
export function renderRange(options: RangeOptions, task: LoadedTask): RenderRange {
  const { sampleRate } = task;
  const sinks = (options.sinks ?? [options.sink]).map((name) => sinkOf(task, name));
  for (const [name, seconds] of Object.entries({ start: options.fromSeconds, end: options.toSeconds }))
    if (seconds !== undefined && !(seconds >= 0 && seconds <= LONGEST_SECONDS))
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot render: the ${name} is ${seconds} s, wanted 0 to ${LONGEST_SECONDS} s`,
      );
  const from = Math.round((options.fromSeconds ?? 0) * sampleRate);
  const to =
    options.toSeconds === undefined ? naturalEnd(options.task, task) : Math.round(options.toSeconds * sampleRate);
  if (!(to > from))
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot render from ${from / sampleRate} s to ${to / sampleRate} s: the end must be after the start`,
    );
  return { sinks, from, to };
}

function sinkOf(task: LoadedTask, wanted: string | undefined): SinkImage {
  const sink = wanted === undefined ? task.sinks[0] : task.sinks.find(({ name }) => name === wanted);
  if (sink) return sink;
  throw new AudioCloudError(
    'SINK_UNKNOWN',
    `Cannot render: the task has ${task.sinks.length ? `the sinks ${task.sinks.map(({ name }) => name).join(', ')}, not '${wanted}'` : 'no sink'}`,
  );
}

/** Frames until the timeline and its tails are over. */
function naturalEnd(graph: Task, task: LoadedTask): number {
  if (graph.lengthSeconds !== undefined) return Math.round(graph.lengthSeconds * task.sampleRate);
  const { tracks, notes } = task.image;
  const ends = tracks.flatMap(({ clips }) => clips.map((clip) => clip.start + clip.frames));
  for (const { frames } of notes) if (frames.length > 0) ends.push(frames.at(-1)!);
  if (ends.length === 0) throw new AudioCloudError('REQUEST_INVALID', `Cannot render the task: ${NO_END}`);
  return Math.max(...ends) + task.tailFrames;
}
