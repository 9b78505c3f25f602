import os from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { asAudioCloudError, AudioCloudError, type ExportedFiles } from '@audiocloud/api';
import { nameSinks } from '../export/name-sinks.ts';
import { type ExportSound, writeExport } from '../export/write-export.ts';
import { takenSound } from '../export/taken-sound.ts';
import { openTaskSounds } from '../media/task-media.ts';
import { Registry } from '../registry/registry.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { OfflineRender } from '../task/render-task.ts';
import { threadId } from '../thread/priority.ts';
import { heardSound } from './heard-sound.ts';
import type {
  ExportJob,
  HeardJob,
  RenderToFileAnswer,
  RenderToFileData,
  RenderToFileMessage,
  TakenJob,
} from './render-to-file-thread.ts';

/* The thread that renders to files, one job at a time: it hears `RenderToFileMessage`s and says `RenderToFileAnswer`s. */

const port = parentPort!;
const { pluginDirs, nice } = workerData as RenderToFileData;
let registry: Registry | undefined;
let stop = new AbortController();
const say = (answer: RenderToFileAnswer): void => port.postMessage(answer);
const onProgress = (frames: number, ofFrames: number, bytes: number[]) =>
  say({ kind: 'progress', frames, ofFrames, bytes });

/** Throws REQUEST_INVALID for paths that are not whole, that two outputs share, and for a file that the render itself reads. */
function checkPaths(outputs: ExportJob['outputs'], media: Readonly<Record<string, string>>): void {
  const written = outputs.flatMap(({ path, partPath }) => (partPath === undefined ? [path] : [path, partPath]));
  const read = Object.values(media);
  const refuse = (why: string, path: string): never => {
    throw new AudioCloudError('REQUEST_INVALID', why, { path });
  };
  for (const path of [...written, ...read])
    if (!isAbsolute(path)) refuse(`Cannot render: '${path}' is no absolute path`, path);
  for (const path of written) {
    if (read.some((one) => resolve(one) === resolve(path)))
      refuse(`Cannot write ${path}: the render reads that file`, path);
    if (written.filter((one) => resolve(one) === resolve(path)).length > 1)
      refuse(`Cannot write ${path} twice: give each output a file of its own`, path);
  }
}

async function render(job: ExportJob, isMeasured: boolean, signal: AbortSignal): Promise<ExportedFiles> {
  checkPaths(job.outputs, job.media);
  const { graph, sampleRate = graph.sampleRate, fromSeconds, toSeconds, loudnessLink } = job;
  const media = await openTaskSounds(graph, job.media, { sampleRate, signal });
  registry = Registry.open([...pluginDirs], registry); // what is as it was is not made again
  const { outputs, sinks } = nameSinks(job.outputs, graph);
  const offline = OfflineRender.start({
    task: graph,
    media,
    registry,
    sampleRate,
    threads: 1, // the cores are for what plays
    signal,
    ...(fromSeconds === undefined ? {} : { fromSeconds }),
    ...(toSeconds === undefined ? {} : { toSeconds }),
    ...(sinks.length === 0 ? {} : { sinks }),
  });
  const files = await writeExport(
    { ...offline.facts, pieces: () => offline.pieces() },
    { outputs, signal, onProgress, isMeasured, ...(loudnessLink === undefined ? {} : { loudnessLink }) },
  );
  const failed = Object.values(offline.state.instances).flatMap(({ error }) => (error ? [error] : []));
  return { outputs: files, latencyFrames: offline.facts.latencyFrames, failed };
}

/** Writes what is heard from the rings of a task that plays. */
async function hear({ rings, outputs, loudnessLink, ...facts }: HeardJob, signal: AbortSignal): Promise<ExportedFiles> {
  checkPaths(outputs, {});
  const heard = heardSound(
    rings.map((ring) => new SinkRing(ring)),
    facts,
    signal,
  );
  const sound: ExportSound = {
    ...heard,
    pieces() {
      say({ kind: 'listening' }); // the files are open: from now on nothing is missed
      return heard.pieces();
    },
  };
  const files = await writeExport(sound, {
    outputs,
    signal,
    onProgress,
    ...(loudnessLink === undefined ? {} : { loudnessLink }),
  });
  return { outputs: files, latencyFrames: facts.latencyFrames, failed: [] };
}

/** Writes what is taken of sinks, as it is taken. */
async function writeTaken({ sound, outputs, loudnessLink }: TakenJob, signal: AbortSignal): Promise<ExportedFiles> {
  checkPaths(outputs, Object.fromEntries(sound.sinks.map(({ name, path }) => [name, path])));
  const files = await writeExport(takenSound(sound, signal), {
    outputs,
    signal,
    onProgress,
    ...(loudnessLink === undefined ? {} : { loudnessLink }),
  });
  return { outputs: files, latencyFrames: 0, failed: [] };
}

const tid = threadId();
if (tid && nice > 0) os.setPriority(tid, nice);
port.on('message', async (message: RenderToFileMessage) => {
  if (message.kind === 'cancel') {
    stop.abort();
    return;
  }
  stop = new AbortController();
  try {
    const { signal } = stop;
    const files =
      message.kind === 'render'
        ? await render(message.job, message.isMeasured, signal)
        : message.kind === 'hear'
          ? await hear(message.job, signal)
          : await writeTaken(message.job, signal);
    say({ kind: 'done', files });
  } catch (thrown) {
    say({ kind: 'refused', error: asAudioCloudError(thrown, 'RENDER_FAILED').toJSON() });
  }
});
