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
  RunNews,
  TakenJob,
} from './render-to-file-thread.ts';

/* The thread that renders to files: it hears `RenderToFileMessage`s and says `RenderToFileAnswer`s. */

const port = parentPort!;
const { pluginDirs, nice } = workerData as RenderToFileData;
let registry: Registry | undefined;
/** Of runs that have not ended. */
const stops = new Map<number, AbortController>();

/** One of them, seen from its inside. */
interface Run {
  signal: AbortSignal;
  say(news: RunNews): void;
  onProgress(frames: number, ofFrames: number, bytes: number[]): void;
}

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

async function render(job: ExportJob, isMeasured: boolean, { signal, onProgress }: Run): Promise<ExportedFiles> {
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
async function hear({ rings, outputs, loudnessLink, ...facts }: HeardJob, run: Run): Promise<ExportedFiles> {
  const { signal, onProgress } = run;
  checkPaths(outputs, {});
  const heard = heardSound(
    rings.map((ring) => new SinkRing(ring)),
    facts,
    signal,
  );
  const sound: ExportSound = {
    ...heard,
    pieces() {
      run.say({ kind: 'listening' }); // the files are open: from now on nothing is missed
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
async function writeTaken(job: TakenJob, { signal, onProgress }: Run): Promise<ExportedFiles> {
  const { sound, outputs, loudnessLink } = job;
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
port.postMessage({ run: 0, kind: 'listening' } satisfies RenderToFileAnswer);
port.on('message', async (message: RenderToFileMessage) => {
  const { run } = message;
  if (message.kind === 'cancel') {
    stops.get(run)?.abort();
    return;
  }
  const stop = new AbortController();
  stops.set(run, stop);
  const say = (news: RunNews): void => port.postMessage({ run, ...news } satisfies RenderToFileAnswer);
  const its: Run = {
    signal: stop.signal,
    say,
    onProgress: (frames, ofFrames, bytes) => say({ kind: 'progress', frames, ofFrames, bytes }),
  };
  try {
    const files =
      message.kind === 'render'
        ? await render(message.job, message.isMeasured, its)
        : message.kind === 'hear'
          ? await hear(message.job, its)
          : await writeTaken(message.job, its);
    say({ kind: 'done', files });
  } catch (thrown) {
    say({ kind: 'refused', error: asAudioCloudError(thrown, 'RENDER_FAILED').toJSON() });
  } finally {
    stops.delete(run);
  }
});
