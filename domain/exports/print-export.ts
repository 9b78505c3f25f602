import { AudioCloudError, type ErrorBody, type ExportReport, type RecordedFiles } from '@audiocloud/api';
import { isoTime } from '../actors/waiting.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import type { ActiveTask } from '../tasks/active-task.ts';
import type { TaskService } from '../tasks/task-service.ts';
import type { Made } from './export-job-step.ts';
import type { ExportTry } from './export-maker.ts';
import { engineOutputs, type OfflineContext, writtenOf } from './offline-export.ts';

export interface PrintContext extends OfflineContext {
  tasks: TaskService;
}

const interrupted = (task: string, why: string) =>
  new AudioCloudError('EXPORT_INTERRUPTED', `Cannot print task ${task}: ${why}`, { task });

/**
 * Plays a task once, through its hardware, while its engine records what its sinks give. [control]
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
  const { revision } = task.record;
  const startedAtMs = clock.now();
  const recorded = await play(context, task, at, attempt);
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
  return { files: writtenOf(recorded), report };
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

async function play(
  { engines }: PrintContext,
  task: ActiveTask,
  at: RegisteredEngine,
  attempt: ExportTry,
): Promise<RecordedFiles> {
  const { owned, record, signal, mark } = attempt;
  const { fromSeconds = 0, toSeconds, loudnessLink } = record;
  const outputs = engineOutputs(record.outputs, attempt.folder);
  const paths = outputs.map(({ partPath }) => partPath);
  const stop = new AbortController();
  const armed = Promise.withResolvers<void>();
  const heard = Promise.withResolvers<void>();
  const wanted = { task: task.engineTask, outputs, fromSeconds, toSeconds, loudnessLink };
  const recording = engines.record(at, wanted, {
    job: owned.id,
    signal: AbortSignal.any([signal, stop.signal]),
    armed: armed.resolve,
    progress: ({ frames, ofFrames, bytes }) => {
      attempt.progress(frames, ofFrames, bytes ? { paths, bytes } : undefined);
      if (frames > 0 && frames === ofFrames) heard.resolve();
    },
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
    await Promise.race([heard.promise, recording]);
    // All of it is taken: what becomes of the task while files are written is nobody's matter.
    isDone = true;
    leave();
    if (task.record.isPlaying) await task.transport({ play: false });
    return await recording;
  } finally {
    isDone = true;
    leave();
    stop.abort(interrupted(task.id, 'it is over'));
    await recording.catch(() => undefined);
    // Its engine may be away. One that could not be stopped at all is stopped by the next try.
    if (task.record.isPlaying)
      await task.transport({ play: false }).catch(() => task.letStand().catch(() => undefined));
    if (!task.record.isPlaying) await mark(false).catch(() => undefined);
  }
}
