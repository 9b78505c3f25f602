import { join, resolve } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { defaultCacheDir } from '../admission/cost-cache.ts';

/** How media that are longer than a few seconds are played. */
export interface DiskSettings {
  /** Media of clips that are longer are played from the disk, in seconds. */
  fromSeconds: number;
  /** How far ahead of the playhead it is read, in seconds. */
  aheadSeconds: number;
  /** Folder of what was decoded or converted to be played from there. */
  pcmDir: string;
  /** What that folder may hold, in bytes. */
  pcmBytes: number;
}

export const DEFAULT_AHEAD_SECONDS = 2;
const DEFAULT_FROM_SECONDS = 10;
const DEFAULT_PCM_MIB = 16_384;

function number(name: string, text: string | undefined, initial: number, min: number, max: number): number {
  if (text === undefined || text === '') return initial;
  const value = Number(text);
  if (value >= min && value <= max) return value;
  throw new AudioCloudError(
    'REQUEST_INVALID',
    `Cannot start with ${name}=${text}: wanted a number from ${min} to ${max}`,
  );
}

/** Reads the environment. Throws REQUEST_INVALID. [any] */
export function diskSettings(environment: NodeJS.ProcessEnv): DiskSettings {
  const read = (name: string, initial: number, min: number, max: number) =>
    number(name, environment[name], initial, min, max);
  return {
    fromSeconds: read('AUDIOCLOUD_DISK_FROM_SECONDS', DEFAULT_FROM_SECONDS, 0, 86_400),
    aheadSeconds: read('AUDIOCLOUD_DISK_AHEAD_SECONDS', DEFAULT_AHEAD_SECONDS, 0.5, 60),
    pcmDir: join(resolve(environment['AUDIOCLOUD_CACHE'] || defaultCacheDir(environment)), 'pcm'),
    pcmBytes: read('AUDIOCLOUD_PCM_CACHE_MIB', DEFAULT_PCM_MIB, 0, 2 ** 30) * 2 ** 20,
  };
}
