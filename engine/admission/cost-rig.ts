import { AudioCloudError, type Model, type Notes, type Task } from '@audiocloud/api';
import { type AudioData, allocateAudio } from '../media/audio-data.ts';
import { seededRandom } from '../plugin/seeded-random.ts';
import type { Registry } from '../registry/registry.ts';
import { TaskRenderer } from '../render/task-renderer.ts';
import { COMMAND } from '../render/task-shared.ts';
import { LoadedTask } from '../task/loaded-task.ts';

const NOISE_SECONDS = 1;
const WARM_BLOCKS = 64;

/** A task that plays on this thread, to be timed. [control] */
export class CostRig {
  readonly #task: LoadedTask;
  readonly #renderer: TaskRenderer;
  readonly #frames: number;

  constructor(graph: Task, media: Record<string, AudioData>, registry: Registry, blockFrames: number) {
    const { sampleRate } = graph;
    this.#frames = blockFrames;
    this.#task = LoadedTask.load({ id: 'cost', graph, media, registry, sampleRate, maxFrames: blockFrames });
    this.#renderer = new TaskRenderer(this.#task.image);
    this.#task.shared.give({ kind: COMMAND.play, value: 0, a: 1 });
    this.render(WARM_BLOCKS);
  }

  /** ns for a block, over so many blocks. before: done before each of them, and not timed. */
  turn(blocks: number, before?: () => void): number {
    let ms = 0;
    if (!before) {
      const began = performance.now();
      this.render(blocks);
      ms = performance.now() - began;
    } else
      for (let block = 0; block < blocks; block++) {
        before();
        const began = performance.now();
        this.render(1);
        ms += performance.now() - began;
      }
    return (ms * 1e6) / blocks;
  }

  render(blocks: number): void {
    for (let block = 0; block < blocks; block++) this.#renderer.render(this.#frames, []);
  }

  /** Throws INSTANCE_FAILED when an instance failed: what is muted costs nothing, which is not its cost. */
  end(): void {
    const failed = Object.values(this.#task.state().instances).find(({ error }) => error);
    this.#task.dispose();
    if (failed) throw AudioCloudError.from(failed.error!);
  }
}

/** Media `noise1`, `noise2` and so on, by channels. */
export function noises(sampleRate: number, widths: Iterable<number>): Record<string, AudioData> {
  return Object.fromEntries([...widths].map((channels) => [`noise${channels}`, noise(sampleRate, channels)]));
}

/** Noise for every slot of a model, by name, as much as it takes: a second, mono or stereo. */
export function slotNoises(sampleRate: number, { mediaSlots = [] }: Model): Record<string, AudioData> {
  return Object.fromEntries(
    mediaSlots.map(({ id, maxSeconds, maxChannels }) => [
      `in-${id}`,
      noise(sampleRate, Math.min(2, maxChannels), Math.min(NOISE_SECONDS, maxSeconds)),
    ]),
  );
}

function noise(sampleRate: number, channels: number, seconds = NOISE_SECONDS): AudioData {
  const random = seededRandom(7);
  const made = allocateAudio(sampleRate, channels, Math.max(1, Math.floor(sampleRate * seconds)));
  for (const samples of made.data) for (let i = 0; i < samples.length; i++) samples[i] = random() - 0.5;
  return made;
}

/** A track of noise. */
export const noiseTrack = (channels: number) => ({
  channels,
  clips: [{ media: `noise${channels}`, startSeconds: 0 }],
});

/** Both hands on the keys of an instrument, all the time. */
export const chord = (instance: string): Notes => ({
  instance,
  notes: [36, 43, 48, 52, 55, 60, 64, 67].map((note) => ({ seconds: 0, lengthSeconds: NOISE_SECONDS, note })),
});

/** A task in which one track of noise leads to one sink: what every task has. media: its own and all that is added. */
export const shellTask = (sampleRate: number, media: Record<string, AudioData>) => ({
  sampleRate,
  loop: { startSeconds: 0, endSeconds: NOISE_SECONDS },
  media: Object.fromEntries(Object.keys(media).map((name) => [name, { path: name }])) as NonNullable<Task['media']>,
  tracks: { main: noiseTrack(1) } as NonNullable<Task['tracks']>,
  buses: {} as NonNullable<Task['buses']>,
  instances: {} as NonNullable<Task['instances']>,
  notes: {} as NonNullable<Task['notes']>,
  connections: { main: { from: { node: 'main' }, to: { node: 'main-out' } } } as NonNullable<Task['connections']>,
  sinks: { 'main-out': { kind: 'stream', channels: 1 } } as NonNullable<Task['sinks']>,
});
