import { resolve } from 'node:path';
import type { Task } from '@audiocloud/api';
import type { AudioData } from './audio-data.ts';
import type { Sound } from './disk-sound.ts';
import { openMedia } from './open-media.ts';
import { openPlayable, type OpenPlayableOptions } from './open-playable.ts';

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

/**
 * Opens the media of a task to be played: long ones that no instance has in a slot stay on the disk. [control]
 *
 * paths: of the media, by name. Throws what openPlayable throws.
 */
export async function openTaskSounds(
  task: Task,
  paths: Readonly<Record<string, string>>,
  options: Omit<OpenPlayableOptions, 'isWhole'>,
): Promise<Record<string, Sound>> {
  const inSlots = mediaInSlots(task);
  const entries = Object.entries(paths).map(
    async ([name, path]) => [name, await openPlayable(path, { ...options, isWhole: inSlots.has(name) })] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** Where the media of a task are; paths are taken from `folder`. [any] */
export function pathsOfMedia({ media = {} }: Task, folder: string): Record<string, string> {
  return Object.fromEntries(Object.entries(media).map(([name, { path }]) => [name, resolve(folder, path)]));
}

/** Names of the media that instances have in their slots. */
export function mediaInSlots(task: Task): Set<string> {
  const names = Object.values(task.instances ?? {}).flatMap(({ media = {} }) => Object.values(media).flat());
  return new Set(names.flatMap((name) => name ?? []));
}
