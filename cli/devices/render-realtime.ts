import { AudioCloudError, type ExportedFiles } from '@audiocloud/api';
import {
  Engine,
  engineSettings,
  openTaskSounds,
  pathsOfMedia,
  type RealtimeRenderOptions,
  type RenderFacts,
  RenderToFileThread,
  type WriteExportOptions,
} from '@audiocloud/engine';
import { EngineLine } from '../engine-check/engine-line.ts';
import { stockPluginFolder } from '../stock-folders.ts';

export interface RealtimeOptions extends Omit<RealtimeRenderOptions, 'media'> {
  /** Where the paths of media begin. */
  folder: string;
  /** Of the rack. */
  dataDir: string;
  plugins: readonly string[];
}

const PATIENCE_MS = 5000;

/**
 * Renders a task to files through the hardware of a rack, with an engine of its own, which is ended then. [control]
 *
 * Throws ENGINE_BUSY when another one has the rack, and what Engine.start, Engine.renderRealtime and writeExport throw.
 */
export async function renderRealtime(
  { folder, dataDir, plugins, ...options }: RealtimeOptions,
  { outputs, loudnessLink = 'each', onProgress }: WriteExportOptions,
): Promise<{ made: ExportedFiles; facts: RenderFacts }> {
  const other = await EngineLine.open(dataDir, PATIENCE_MS).catch(() => undefined);
  other?.close();
  if (other)
    throw new AudioCloudError(
      'ENGINE_BUSY',
      `Cannot render through the rack of ${dataDir}: an engine that runs has it; end its domain first`,
      { dataDir },
    );
  const packages = [stockPluginFolder(), ...plugins].flatMap((path) => ['--plugins', path]);
  const engine = await Engine.start(engineSettings(['--data', dataDir, ...packages], process.env));
  // encodes and writes, so that the engine has its thread for itself
  const thread = new RenderToFileThread({ pluginDirs: [], nice: 0 });
  try {
    const { sampleRate } = engine.facts().device;
    const { signal = new AbortController().signal } = options;
    const media = await openTaskSounds(options.task, pathsOfMedia(options.task, folder), { sampleRate, signal });
    const render = await engine.renderRealtime({ ...options, media });
    const { facts } = render;
    const made = await render.play((rings, begin) =>
      thread.run(
        { kind: 'hear', job: { ...facts, rings, outputs: [...outputs], loudnessLink } },
        {
          name: 'render',
          signal,
          onProgress: ({ frames, ofFrames, bytes }) => onProgress?.(frames, ofFrames, bytes),
          onListening: begin,
        },
      ),
    );
    const failed = Object.values(render.state.instances).flatMap(({ error }) => (error ? [error] : []));
    return { made: { ...made, failed, missedBlocks: render.missedBlocks }, facts };
  } finally {
    await thread.end();
    await engine.close();
  }
}
