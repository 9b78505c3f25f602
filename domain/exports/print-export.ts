import { join } from 'node:path';
import { AudioCloudError, type ErrorBody, type ExportReport, type RecordedFiles, type Task } from '@audiocloud/api';
import { isoTime } from '../actors/waiting.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import type { ActiveTask } from '../tasks/active-task.ts';
import type { TaskService } from '../tasks/task-service.ts';
import type { Made } from './export-job-step.ts';
import type { ExportTry } from './export-maker.ts';
import type { ExportOutputRecord } from './export-record.ts';
import { engineOutputs, type OfflineContext, writtenOf } from './offline-export.ts';

export interface PrintContext extends OfflineContext {
  tasks: TaskService;
}

const interrupted = (task: string, why: string) =>
  new AudioCloudError('EXPORT_INTERRUPTED', `Cannot print task ${task}: ${why}`, { task });

/**
 * Plays a task once, through its hardware, and records what its sinks give; then has the files made of that. [control]
 *
 * Hardware that is not there yet, or that others have, is waited for. Throws TASK_BUSY while the task plays for somebody else,
 * EXPORT_INTERRUPTED when somebody stops or moves it meanwhile, and what play is refused with.
 */
export async function printExport(context: PrintContext, attempt: ExportTry): Promise<Made> {
  const { tasks, engines, clock } = context;
  const { owned, record } = attempt;
  const task = await tasks.of(owned.application).active(record.task);
  await quiet(task, attempt);
  const at = task.engine;
  if (!at?.engine.isUp)
    throw new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot print task ${record.task}: its engine is away`);
  engines.requireRecorder(at);
  const { graph, revision } = task.record;
  const sinks = sinksOf(graph, record.outputs, attempt.folder);
  const startedAtMs = clock.now();
  const recorded = await play(context, task, at, sinks, attempt);
  const files = await convert(context, graph, recorded, sinks, attempt);
  const { missedBlocks, lostFrames, failed } = recorded;
  const report: ExportReport = {
    engine: at.id,
    revision,
    startedAt: isoTime(startedAtMs),
    endedAt: isoTime(clock.now()),
    seconds: recorded.frames / recorded.sampleRate,
    missedBlocks,
    lostFrames,
    isFaultless: missedBlocks === 0 && lostFrames === 0 && failed.length === 0,
    failed: failed.slice(0, 1000) as ErrorBody[],
    ...(record.taken?.startedBy === undefined ? {} : { startedBy: record.taken.startedBy }),
  };
  return { files, report };
}

/** The task stands still and does not loop. Throws TASK_BUSY, REQUEST_INVALID. */
async function quiet(task: ActiveTask, { record, mark }: ExportTry): Promise<void> {
  if (task.record.isPlaying && record.isPlaying) await task.transport({ play: false });
  if (record.isPlaying) await mark(false);
  if (task.record.isPlaying)
    throw new AudioCloudError(
      'TASK_BUSY',
      `Cannot print task ${task.id}: it plays; it is printed when it stands still`,
      {
        task: task.id,
      },
    );
  const { loop = task.record.graph.loop } = task.record;
  if (loop)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot print task ${task.id}: it loops from ${loop.startSeconds} s to ${loop.endSeconds} s; turn its loop off`,
      { task: task.id },
    );
}

interface SinkFile {
  sink: string;
  path: string;
}

/** Each sink once. Throws SINK_UNKNOWN. */
function sinksOf({ sinks = {} }: Task, outputs: readonly ExportOutputRecord[], folder: string): SinkFile[] {
  const names = Object.keys(sinks);
  const wanted = outputs.map(({ sink }) => sink ?? names[0]);
  const unknown = wanted.find((name) => name === undefined || !names.includes(name));
  if (names.length === 0 || wanted.some((name) => name === undefined || !names.includes(name)))
    throw new AudioCloudError(
      'SINK_UNKNOWN',
      `Cannot export: the task has ${names.length > 0 ? `the sinks ${names.join(', ')}, not '${unknown}'` : 'no sink'}`,
    );
  return [...new Set(wanted as string[])].map((sink, i) => ({ sink, path: join(folder, `sink-${i}.wav`) }));
}

async function play(
  { engines }: PrintContext,
  task: ActiveTask,
  at: RegisteredEngine,
  sinks: SinkFile[],
  attempt: ExportTry,
): Promise<RecordedFiles> {
  const { owned, record, signal, mark } = attempt;
  const { fromSeconds = 0, toSeconds } = record;
  const stop = new AbortController();
  const armed = Promise.withResolvers<void>();
  const wanted = { task: task.engineTask, sinks, fromSeconds, toSeconds };
  const recording = engines.record(at, wanted, {
    job: owned.id,
    signal: AbortSignal.any([signal, stop.signal]),
    armed: armed.resolve,
    progress: ({ frames, ofFrames }) => attempt.progress(frames, ofFrames),
  });
  recording.catch(armed.reject);
  let isDone = false;
  const look = () => {
    if (isDone) return;
    if (!task.record.isPlaying) stop.abort(interrupted(task.id, 'somebody stopped it'));
    else if (task.engine !== at) stop.abort(interrupted(task.id, 'it went to another engine'));
  };
  let leave = () => {};
  try {
    await armed.promise;
    await mark(true);
    signal.throwIfAborted();
    await task.transport({ positionSeconds: fromSeconds, play: true });
    leave = task.follow({
      event: look,
      meters: () => {},
      counters: () => {},
      guard: () => {},
      replaced: () => {},
      loaded: () => {},
    });
    look();
    return await recording;
  } finally {
    isDone = true;
    leave();
    stop.abort(interrupted(task.id, 'it is over'));
    await recording.catch(() => undefined);
    if (task.record.isPlaying) await task.transport({ play: false }).catch(() => undefined);
    await mark(false).catch(() => undefined);
  }
}

/** The files, of what was recorded: a task that plays the recordings, one track for each. */
async function convert(
  { engines }: PrintContext,
  graph: Task,
  { sampleRate, frames }: RecordedFiles,
  sinks: readonly SinkFile[],
  attempt: ExportTry,
): Promise<Made['files']> {
  const { owned, record, folder, signal } = attempt;
  const names = Object.keys(graph.sinks ?? {});
  const recordings: Task = recordingsTask(graph, sinks, sampleRate, frames);
  const at = engines.choose(recordings);
  const outputs = engineOutputs(record.outputs, folder).map(({ sink = names[0]!, ...output }) => ({
    ...output,
    sink: trackOf(sinks.findIndex((one) => one.sink === sink)),
  }));
  const media = Object.fromEntries(sinks.map(({ path }, i) => [mediaOf(i), path]));
  const paths = outputs.map(({ partPath }) => partPath);
  const { loudnessLink } = record;
  const written = await engines.write(
    at,
    { graph: recordings, media, outputs, loudnessLink },
    {
      job: owned.id,
      signal,
      progress: ({ bytes }) => attempt.progress(frames, frames, bytes ? { paths, bytes } : undefined),
    },
  );
  return writtenOf(written);
}

const trackOf = (i: number) => `sink${i}`;
const mediaOf = (i: number) => `recording${i}`;

function recordingsTask({ sinks = {} }: Task, files: readonly SinkFile[], sampleRate: number, frames: number): Task {
  const each = <V>(of: (i: number, channels: number) => [string, V]): Record<string, V> =>
    Object.fromEntries(files.map(({ sink }, i) => of(i, sinks[sink]!.channels)));
  return {
    sampleRate,
    lengthSeconds: frames / sampleRate,
    media: each((i) => [mediaOf(i), { path: mediaOf(i) }]),
    tracks: each((i, channels) => [`track${i}`, { channels, clips: [{ media: mediaOf(i), startSeconds: 0 }] }]),
    sinks: each((i, channels) => [trackOf(i), { kind: 'media' as const, channels }]),
    connections: each((i) => [`way${i}`, { from: { node: `track${i}` }, to: { node: trackOf(i) } }]),
  };
}
