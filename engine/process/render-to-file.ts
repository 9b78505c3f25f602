import os from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { asAudioCloudError, AudioCloudError, type RenderedFile, type RenderFormat } from '@audiocloud/api';
import { openMedia } from '../media/open-media.ts';
import type { WavBits } from '../media/wav-header.ts';
import { createWavWriter } from '../media/wav-writer.ts';
import { Registry } from '../registry/registry.ts';
import { OfflineRender } from '../task/render-task.ts';
import { threadId } from '../thread/priority.ts';
import type { RenderJob, RenderToFile, RenderToFileAnswer } from './render-jobs.ts';

/* The thread of one render to a file: `RenderToFile` is its data, `RenderToFileAnswer` what it says, `cancel` what it hears. */

const BITS: Record<RenderFormat, WavBits> = { 'wav-s16': '16', 'wav-s24': '24', 'wav-f32': '32f' };
/** Whoever plays comes first: nice 10 gets a ninth of what an ordinary thread gets. */
const NICE = 10;

const port = parentPort!;
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

async function render({ job, pluginDirs }: RenderToFile, signal: AbortSignal): Promise<RenderedFile> {
  checkPaths(job);
  const { graph, sampleRate = graph.sampleRate, fromSeconds, toSeconds, sink } = job;
  const opened = Object.entries(job.media).map(
    async ([name, path]) => [name, await openMedia(path, { sampleRate, signal })] as const,
  );
  const offline = OfflineRender.start({
    task: graph,
    media: Object.fromEntries(await Promise.all(opened)),
    registry: Registry.open([...pluginDirs]),
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
const stop = new AbortController();
port.once('message', () => stop.abort());
try {
  say({ kind: 'done', file: await render(workerData as RenderToFile, stop.signal) });
} catch (thrown) {
  say({ kind: 'refused', error: asAudioCloudError(thrown, 'RENDER_FAILED').toJSON() });
}
