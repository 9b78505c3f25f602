import { AudioCloudError, type ExportedFiles } from '@audiocloud/api';
import { nameSinks } from '../export/name-sinks.ts';
import { openTaskSounds } from '../media/task-media.ts';
import type { RealtimeRender, RealtimeRenderOptions } from './realtime-render.ts';
import type { RenderProgress } from './render-jobs.ts';
import type { ExportJob, RenderToFileThread } from './render-to-file-thread.ts';

/** The parts of an engine that play an export. */
interface Player {
  facts(): { device: { sampleRate: number } };
  renderRealtime(options: RealtimeRenderOptions): Promise<RealtimeRender>;
}

/**
 * Plays a task once, through its fixed instances, while `thread` writes what is heard. [control]
 *
 * Throws REQUEST_INVALID for a rate that is not the device's, what Engine.renderRealtime, openTaskSounds and writeExport throw.
 */
export async function playExport(
  engine: Player,
  job: ExportJob,
  thread: RenderToFileThread,
  signal: AbortSignal,
  onProgress: (progress: Omit<RenderProgress, 'job'>) => void,
): Promise<ExportedFiles> {
  const { graph, fromSeconds, toSeconds, loudnessLink } = job;
  const { sampleRate } = engine.facts().device;
  if (job.sampleRate !== undefined && job.sampleRate !== sampleRate)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot export in real time at ${job.sampleRate} Hz: the device plays at ${sampleRate} Hz; give the outputs their rates`,
    );
  const { outputs, sinks } = nameSinks(job.outputs, graph);
  const media = await openTaskSounds(graph, job.media, { sampleRate, signal });
  const render = await engine.renderRealtime({
    task: graph,
    media,
    signal,
    ...(sinks.length === 0 ? {} : { sinks }),
    ...(fromSeconds === undefined ? {} : { fromSeconds }),
    ...(toSeconds === undefined ? {} : { toSeconds }),
  });
  const files = await render.play((rings, begin) =>
    thread.run(
      {
        kind: 'hear',
        job: { ...render.facts, rings, outputs, ...(loudnessLink === undefined ? {} : { loudnessLink }) },
      },
      { name: job.job, signal, onProgress, onListening: begin },
    ),
  );
  const failed = Object.values(render.state.instances).flatMap(({ error }) => (error ? [error] : []));
  return { ...files, failed, missedBlocks: render.missedBlocks };
}
