import { AudioCloudError } from '@audiocloud/api';
import {
  Engine,
  engineSettings,
  openTaskSounds,
  pathsOfMedia,
  type RealtimeRender,
  type RealtimeRenderOptions,
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
 * Renders a task through the hardware of a rack, with an engine of its own, which is ended when `write` is done. [control]
 *
 * Throws ENGINE_BUSY when another one has the rack, and what Engine.start and Engine.renderRealtime throw.
 */
export async function renderRealtime(
  { folder, dataDir, plugins, ...options }: RealtimeOptions,
  write: (job: RealtimeRender) => Promise<void>,
): Promise<void> {
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
  try {
    const { sampleRate } = engine.facts().device;
    const media = await openTaskSounds(options.task, pathsOfMedia(options.task, folder), {
      sampleRate,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    await write(await engine.renderRealtime({ ...options, media }));
  } finally {
    await engine.close();
  }
}
