import { join } from 'node:path';
import {
  AudioCloudError,
  type ExportedFiles,
  type ExportOutput,
  type ExportReport,
  type Task,
  type WrittenSound,
} from '@audiocloud/api';
import { isoTime } from '../actors/waiting.ts';
import type { Clock } from '../clock/clock.ts';
import type { MediaPaths } from '../media/task-media.ts';
import type { ExportEngines } from './export-engines.ts';
import type { Made } from './export-job-step.ts';
import type { ExportTry } from './export-maker.ts';
import type { ExportOutputRecord } from './export-record.ts';
import { fileName } from './file-name.ts';

export interface OfflineContext {
  engines: ExportEngines;
  mediaPaths: MediaPaths;
  clock: Clock;
}

/** Throws REQUEST_INVALID when a graph has hardware, which is only as fast as it is. [any] */
export function refuseHardware(graph: Task): void {
  const [found] = Object.entries(graph.instances ?? {}).filter(([, { fixed }]) => fixed !== undefined);
  if (found)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot export faster than real time: '${found[0]}' is hardware (${found[1].model}); give mode: 'real-time'`,
      { instance: found[0] },
    );
}

/** Where the file of each output is to be, and while it grows. [any] */
export const engineOutputs = (
  outputs: readonly ExportOutputRecord[],
  folder: string,
): (ExportOutput & { partPath: string })[] =>
  outputs.map(({ name: _name, upload: _upload, ...sound }, i) => {
    const path = join(folder, fileName(i, sound.format));
    return { ...sound, path, partPath: `${path}.part` };
  });

/** Files as they are told of. [any] */
export const writtenOf = ({ outputs }: ExportedFiles): WrittenSound[] =>
  outputs.map(({ sink: _sink, path: _path, ...written }) => written);

/** Renders a task that is taken to its files, as fast as it goes. [control] */
export async function exportOffline(context: OfflineContext, attempt: ExportTry): Promise<Made> {
  const { engines, mediaPaths, clock } = context;
  const { owned, record, graph, folder, signal } = attempt;
  const { fromSeconds, toSeconds, loudnessLink } = record;
  refuseHardware(graph);
  const media = await mediaPaths(graph, owned.application);
  const at = engines.choose(graph);
  const outputs = engineOutputs(record.outputs, folder);
  const startedAtMs = clock.now();
  const wanted = { graph, media, outputs, fromSeconds, toSeconds, loudnessLink };
  const paths = outputs.map(({ partPath }) => partPath);
  const exported = await engines.write(at, wanted, {
    job: owned.id,
    signal,
    progress: ({ frames, ofFrames, bytes }) => attempt.progress(frames, ofFrames, bytes ? { paths, bytes } : undefined),
  });
  const files = writtenOf(exported);
  const { failed } = exported;
  const report: ExportReport = {
    engine: at.id,
    revision: record.taken!.revision,
    startedAt: isoTime(startedAtMs),
    endedAt: isoTime(clock.now()),
    seconds: files[0]!.frames / files[0]!.sampleRate,
    missedBlocks: 0,
    lostFrames: 0,
    isFaultless: failed.length === 0,
    failed: failed.slice(0, 1000),
    ...(record.taken?.startedBy === undefined ? {} : { startedBy: record.taken.startedBy }),
  };
  return { files, report };
}
