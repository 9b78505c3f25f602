import { resolve } from 'node:path';
import type { Task } from '@audiocloud/api';
import type { AudioData } from './audio-data.ts';
import { openMedia } from './open-media.ts';

/** Decodes all media of a task at one sample rate; paths are taken from `folder`. [control] Throws what openMedia throws. */
export async function openTaskMedia(
  task: Task,
  options: { folder: string; sampleRate: number; signal?: AbortSignal },
): Promise<Record<string, AudioData>> {
  const { folder, sampleRate, signal } = options;
  const entries = Object.entries(task.media ?? {}).map(
    async ([name, { path }]) =>
      [name, await openMedia(resolve(folder, path), { sampleRate, ...(signal ? { signal } : {}) })] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
