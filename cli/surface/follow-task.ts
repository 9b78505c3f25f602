import type { AudioCloudError, SurfaceMap } from '@audiocloud/api';
import { type Connection, AudioCloudClient, type LiveTask } from '@audiocloud/client';
import type { Command } from 'commander';
import { tokenOption } from '../flags.ts';
import { taskMistakes } from './map-file.ts';

export interface TaskFlags {
  task: string;
  url: string;
  token?: string;
}

/** The options that say which task of which domain. */
export function withTaskOptions(command: Command): Command {
  return command
    .requiredOption('--task <id>', 'the task')
    .option('--url <address>', 'address of the domain', `http://127.0.0.1:${process.env['AUDIOCLOUD_PORT'] ?? 7700}`)
    .option('--token <text>', 'an API key or a token; else AUDIOCLOUD_TOKEN');
}

export interface FollowEvents {
  /** Values, instances or models may be others than before. */
  onChange(): void;
  onConnection(connection: Connection, why: AudioCloudError | undefined): void;
}

/** Opens a task live; `await` its `ready`. */
export function followTask({ task, url, token }: TaskFlags, { onChange, onConnection }: FollowEvents): LiveTask {
  return new AudioCloudClient(url, tokenOption(token)).live(task, {
    name: 'Control surface',
    onSnapshot: onChange,
    onEvent: onChange,
    onModels: onChange,
    onConnection,
  });
}

/** An engine that has just started tells its models later than the domain its tasks. */
const MODELS_MS = 10_000;
const LOOK_MS = 200;

/** Waits until the models of the instances that a map names are known, for some seconds. */
export async function modelsKnown(map: SurfaceMap, live: LiveTask): Promise<void> {
  const isUnknown = () => taskMistakes(map, live.task, live.models).some(({ check }) => check === 'model-unknown');
  for (const end = performance.now() + MODELS_MS; isUnknown() && performance.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
