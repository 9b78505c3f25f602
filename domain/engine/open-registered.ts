import { join } from 'node:path';
import { AudioCloudError, type EngineRegistration } from '@audiocloud/api';
import type { KeptEngine } from './engine.ts';
import { EMBEDDED } from './engine-record.ts';
import { EngineSupervisor, type EngineSupervisorOptions } from './engine-supervisor.ts';

/** What an engine takes by its environment. */
const VARIABLES = {
  device: 'AUDIOCLOUD_DEVICE',
  sampleRate: 'AUDIOCLOUD_SAMPLE_RATE',
  blockFrames: 'AUDIOCLOUD_BLOCK_FRAMES',
  renderThreads: 'AUDIOCLOUD_RENDER_THREADS',
  bufferBlocks: 'AUDIOCLOUD_BUFFER_BLOCKS',
  admitLoad: 'AUDIOCLOUD_ADMIT_LOAD',
  scheduling: 'AUDIOCLOUD_SCHEDULING',
} as const satisfies Partial<Record<keyof EngineRegistration, string>>;

/** The variables for an engine that is registered so. [any] */
export function engineVariables(registration: EngineRegistration): Record<string, string> {
  const named = Object.entries(VARIABLES).flatMap(([key, variable]) => {
    const value = registration[key as keyof typeof VARIABLES];
    return value === undefined ? [] : [[variable, String(value)]];
  });
  return { ...Object.fromEntries(named), ...registration.environment };
}

/** The entry about the embedded engine. Throws CONFIG_INVALID when entries contradict each other. [any] */
export function embeddedOf(engines: readonly EngineRegistration[]): EngineRegistration | undefined {
  const twice = engines.find(({ id }, index) => engines.findIndex((other) => other.id === id) !== index);
  if (twice) throw new AudioCloudError('CONFIG_INVALID', `Cannot use the engines: ${twice.id} stands twice`);
  const own = engines.find(({ id }) => id === EMBEDDED);
  if (own?.folder === undefined) return own;
  throw new AudioCloudError(
    'CONFIG_INVALID',
    `Cannot use the engines: ${EMBEDDED} listens in the data folder, not in ${own.folder}`,
  );
}

/** The way to an engine that is registered: one that listens in its folder, or one that is started in `engines/` of the data folder. */
export function registeredEngine(
  registration: EngineRegistration,
  dataDir: string,
  options: Omit<EngineSupervisorOptions, 'dataDir'>,
): KeptEngine {
  const { id, folder } = registration;
  return new EngineSupervisor({
    ...options,
    dataDir: folder ?? join(dataDir, 'engines', id),
    isAttached: folder !== undefined,
    environment: engineVariables(registration),
  });
}
