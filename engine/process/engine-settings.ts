import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { defaultCacheDir } from '../admission/cost-cache.ts';
import { type DiskSettings, diskSettings } from '../disk/disk-settings.ts';
import { DEFAULT_CEILING_DB } from '../guard/guard-memory.ts';

export interface EngineSettings {
  /** Folder of the sockets and the rack file. */
  dataDir: string;
  /** Packages, or folders of packages. */
  pluginDirs: string[];
  /** auto, or a kind of device. */
  device: string;
  sampleRate: number;
  blockFrames: number;
  /** Render threads; without a setting all cores but one, which the device and everything else share. */
  threads: number;
  /** CPU time that a render thread may use at one place of a block before it counts as wedged, in ms. */
  wedgedMs: number;
  /** Blocks that the paced clock has in store; without a setting about 50 ms of them. */
  bufferBlocks: number | undefined;
  /** What the tasks of one render thread may claim together, as a share of its time; undefined: none is refused. */
  admitLoad: number | undefined;
  /** True peak of each output of the device in dBTP; the last one holds for those behind it. At least one. */
  outputCeilingsDb: readonly number[];
  /** Folder of what is measured once on a machine. */
  cacheDir: string;
  /** How long media are played. */
  disk: DiskSettings;
}

const MOST_THREADS = 16;
/** As in a task. */
const LOWEST_CEILING_DB = -60;
const ownThreads = (): number => Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1));

function count(name: string, text: string | undefined, initial: number, min: number, max: number): number {
  if (text === undefined || text === '') return initial;
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new AudioCloudError(
    'REQUEST_INVALID',
    `Cannot start with ${name}=${text}: wanted a whole number from ${min} to ${max}`,
  );
}

function admitLoad(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return 0.95;
  if (text === 'off') return undefined;
  const value = Number(text);
  if (value >= 0.05 && value <= 1) return value;
  throw new AudioCloudError(
    'REQUEST_INVALID',
    `Cannot start with AUDIOCLOUD_ADMIT_LOAD=${text}: wanted a share of a render thread from 0.05 to 1, or off`,
  );
}

function ceilings(text: string | undefined): number[] {
  if (text === undefined || text === '') return [DEFAULT_CEILING_DB];
  const values = text.split(',').map((one) => (one.trim() === '' ? Number.NaN : Number(one)));
  if (values.every((value) => value >= LOWEST_CEILING_DB && value <= 0)) return values;
  throw new AudioCloudError(
    'REQUEST_INVALID',
    `Cannot start with AUDIOCLOUD_OUTPUT_CEILING_DB=${text}: wanted one number from ${LOWEST_CEILING_DB} to 0 dBTP, or several with commas between, one for each output`,
  );
}

/** Reads the command line and the environment of an engine process. Throws REQUEST_INVALID. [control] */
export function engineSettings(argv: readonly string[], environment: NodeJS.ProcessEnv): EngineSettings {
  const { values } = parseArgs({
    args: [...argv],
    options: { data: { type: 'string' }, plugins: { type: 'string', multiple: true } },
  });
  return {
    dataDir: resolve(values.data ?? environment['AUDIOCLOUD_DATA'] ?? 'data'),
    pluginDirs: (values.plugins ?? []).map((folder) => resolve(folder)),
    device: environment['AUDIOCLOUD_DEVICE'] || 'auto',
    sampleRate: count('AUDIOCLOUD_SAMPLE_RATE', environment['AUDIOCLOUD_SAMPLE_RATE'], 48000, 8000, 192000),
    blockFrames: count('AUDIOCLOUD_BLOCK_FRAMES', environment['AUDIOCLOUD_BLOCK_FRAMES'], 128, 16, 1024),
    threads: count(
      'AUDIOCLOUD_RENDER_THREADS',
      environment['AUDIOCLOUD_RENDER_THREADS'],
      ownThreads(),
      1,
      MOST_THREADS,
    ),
    wedgedMs: count('AUDIOCLOUD_WEDGED_MS', environment['AUDIOCLOUD_WEDGED_MS'], 50, 10, 60_000),
    bufferBlocks: environment['AUDIOCLOUD_BUFFER_BLOCKS']
      ? count('AUDIOCLOUD_BUFFER_BLOCKS', environment['AUDIOCLOUD_BUFFER_BLOCKS'], 0, 0, 64)
      : undefined,
    admitLoad: admitLoad(environment['AUDIOCLOUD_ADMIT_LOAD']),
    outputCeilingsDb: ceilings(environment['AUDIOCLOUD_OUTPUT_CEILING_DB']),
    cacheDir: resolve(environment['AUDIOCLOUD_CACHE'] || defaultCacheDir(environment)),
    disk: diskSettings(environment),
  };
}
