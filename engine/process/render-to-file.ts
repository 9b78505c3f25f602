import os from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { asAudioCloudError, AudioCloudError, type RenderedFile, type RenderFormat } from '@audiocloud/api';
import { openTaskSounds } from '../media/task-media.ts';
import type { WavBits } from '../media/wav-header.ts';
import { createWavWriter } from '../media/wav-writer.ts';
import { Registry } from '../registry/registry.ts';
import { OfflineRender } from '../task/render-task.ts';
import { threadId } from '../thread/priority.ts';
import type { RenderJob, RenderToFileAnswer, RenderToFileData, RenderToFileMessage } from './render-jobs.ts';

/* The thread that renders to files, one at a time: it hears `RenderToFileMessage`s and says `RenderToFileAnswer`s. */

const BITS: Record<RenderFormat, WavBits> = { 'wav-s16': '16', 'wav-s24': '24', 'wav-f32': '32f' };
/** Whoever plays comes first: nice 10 gets a ninth of what an ordinary thread gets. */
const NICE = 10;

const port = parentPort!;
const { pluginDirs } = workerData as RenderToFileData;
let registry: Registry | undefined;
let stop = new AbortController();
const say = (answer: RenderToFileAnswer): void => port.postMessage(answer);

/** Throws REQUEST_INVALID for paths that are not whole, and for a file that the render itself reads. */
function checkPaths({ path, media }: RenderJob): void {
  const notWhole = [path, ...Object.values(media)].find((one) => !isAbsolute(one));
  if (notWhole !== undefined)
    throw new AudioCloudError('REQUEST_INVALID', `Cannot render: '${notWhole}' is no absolute path`, {
      path: notWhole,
    });
  if (Object.values(media).some((one) => resolve(one) === resolve(path)))
    throw new AudioCloudError('REQUEST_INVALID', `Cannot write ${path}: the render reads that file`, { path });
}

async function render(job: RenderJob, signal: AbortSignal): Promise<RenderedFile> {
  checkPaths(job);
  const { graph, sampleRate = graph.sampleRate, fromSeconds, toSeconds, sink } = job;
  const media = await openTaskSounds(graph, job.media, { sampleRate, signal });
  registry = Registry.open([...pluginDirs], registry); // what is as it was is not made again
  const offline = OfflineRender.start({
    task: graph,
    media,
    registry,
    sampleRate,
    threads: 1, // the cores are for what plays
    signal,
    onProgress: (frames, ofFrames) => say({ kind: 'progress', frames, ofFrames }),
    ...(fromSeconds === undefined ? {} : { fromSeconds }),
    ...(toSeconds === undefined ? {} : { toSeconds }),
    ...(sink === undefined ? {} : { sink }),
  });
  const { channels, frames } = offline.facts;
  const writer = await createWavWriter(job.path, { sampleRate, channels, bits: BITS[job.format] });
  try {
    for await (const piece of offline.pieces()) await writer.write(piece.planes, piece.frames);
    await writer.close();
  } catch (error) {
    await writer.cancel();
    throw error;
  }
  const failed = Object.values(offline.state.instances).flatMap(({ error }) => (error ? [error] : []));
  return { sampleRate, channels, frames, failed };
}

const tid = threadId();
if (tid) os.setPriority(tid, NICE);
port.on('message', async (message: RenderToFileMessage) => {
  if (message.kind === 'cancel') {
    stop.abort();
    return;
  }
  stop = new AbortController();
  try {
    say({ kind: 'done', file: await render(message.job, stop.signal) });
  } catch (thrown) {
    say({ kind: 'refused', error: asAudioCloudError(thrown, 'RENDER_FAILED').toJSON() });
  }
});
