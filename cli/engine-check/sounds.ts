import type { Task } from '@audiocloud/api';
import type { CheckContext } from './check-context.ts';
import { inFolder } from './check-context.ts';
import { writeWav } from './wav-file.ts';

/**
 * A sound in which no two places are alike: in each channel a sine whose frequency rises, at most 0.5. [any]
 *
 * A wrong gain, a wrong channel and a place that is off by one frame all show.
 */
export function chirp(channels: number, frames: number): Float32Array[] {
  return Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length: frames }, (_, n) => 0.5 * Math.sin(0.02 * n + 0.00001 * (c + 1) * n * n + c)),
  );
}

/** Media of a check as a file: its samples, and the path for the engine. [control] */
export function media(
  context: CheckContext,
  { channels = 2, frames = 4800, sampleRate = 48000, name = 'sound' } = {},
): { path: string; samples: Float32Array[] } {
  const samples = chirp(channels, frames);
  const path = inFolder(context, `${name}.wav`);
  writeWav(path, sampleRate, samples);
  return { path, samples };
}

export type Clip = NonNullable<Task['tracks']>[string]['clips'][number];

/** A track of these clips of the media `sound`, straight into the sink `main`. [any] */
export function trackTask(
  clips: readonly Partial<Clip>[],
  { channels = 2, sampleRate = 48000, ...more }: { channels?: number; sampleRate?: number } & Partial<Task> = {},
): Task {
  return {
    sampleRate,
    media: { sound: { path: 'sound.wav' } },
    tracks: { track: { channels, clips: clips.map((clip) => ({ media: 'sound', startSeconds: 0, ...clip })) } },
    connections: { out: { from: { node: 'track' }, to: { node: 'main' } } },
    sinks: { main: { kind: 'stream', channels } },
    ...more,
  };
}
