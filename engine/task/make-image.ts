import type { Task } from '@audiocloud/api';
import type { ClipImage, SinkImage, TaskImage } from '../render/task-image.ts';
import type { CompiledPlan } from './compile-plan.ts';
import type { TaskInstance } from './task-instance.ts';

export interface ImageParts
  extends Pick<TaskImage, 'id' | 'generation' | 'sampleRate' | 'maxFrames' | 'shared' | 'memories' | 'host'> {
  compiled: CompiledPlan;
  /** Clips of each track, by name. */
  clips: ReadonlyMap<string, ClipImage[]>;
  sinks: NonNullable<Task['sinks']>;
  /** The ring of each sink, by name. */
  rings: ReadonlyMap<string, SharedArrayBuffer>;
  instances: ReadonlyMap<string, TaskInstance>;
}

/** Puts together what a render thread needs of a compiled plan. [control] */
export function makeImage({ compiled, clips, sinks, rings, instances, ...rest }: ImageParts): TaskImage {
  const { places } = compiled;
  return {
    ...rest,
    tracks: [...clips].map(([name, list]) => {
      const { memory, channels, flags } = places.get(name)!;
      return { memory, addresses: channels, flags, clips: list };
    }),
    steps: compiled.steps,
    sinks: Object.entries(sinks).map(([name, { kind, channels, firstChannel = 0 }]): SinkImage => {
      const place = places.get(name)!;
      const { memory } = place;
      return { name, kind, channels, firstChannel, ring: rings.get(name)!, memory, addresses: place.channels };
    }),
    instances: [...instances].map(([name, { memory, layout, record }]) => ({ name, memory, layout, record })),
    pokes: compiled.pokes,
    clears: compiled.clears,
    histories: compiled.histories,
    gains: compiled.gainRecords,
  };
}
