import type { Connection, Instance, Task } from '@audiocloud/api';
import { seededRandom } from '../../engine/plugin/seeded-random.ts';
import type { RenderEvent } from '@audiocloud/engine';

/** A task of tracks, instances of all stock models and of the plugin in C, buses and two sinks, connected at random, and changes to it. */
export interface RandomTask {
  task: Task;
  events: RenderEvent[];
}

const MODELS: ((random: () => number) => Instance)[] = [
  (random) => ({
    model: 'audiocloud:equalizer',
    widths: { in: 1 },
    parameters: { type: ['bell', 'high-shelf'], frequency: [100 + 900 * random(), 3000], gain: [12 * random() - 6, 3] },
  }),
  (random) => ({
    model: 'audiocloud:compressor',
    widths: { in: 1, key: 1 },
    parameters: { threshold: -30 * random(), ratio: 1 + 5 * random() },
  }),
  (random) => ({ model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: -6 * random() } }),
  (random) => ({
    model: 'audiocloud:delay',
    widths: { in: 1 },
    parameters: { delay: Math.floor(400 * random()) },
  }),
  () => ({ model: 'audiocloud:meter', widths: { in: 1 } }),
  (random) => ({ model: 'example:tremolo', widths: { in: 1 }, parameters: { rate: 1 + 10 * random(), depth: 80 } }),
];
/** Some of a kind stand side by side, so that they make batches. */
const MOST_ALIKE = 6;

/** media: a sound of one channel by the name `sound` is wanted. events: between 0 and `frames`. */
export function randomTask(seed: number, frames: number): RandomTask {
  const random = seededRandom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const instances: NonNullable<Task['instances']> = {};
  const connections: Record<string, Connection> = {};
  const connect = (from: string, to: string, more: Partial<Connection> = {}) => {
    connections[`c${Object.keys(connections).length}`] = { from: { node: from }, to: { node: to }, ...more };
  };
  const layers: string[][] = [['track']];
  instances['tone'] = {
    model: 'audiocloud:tone',
    widths: { out: 1 },
    parameters: { frequency: 100 + 1000 * random(), level: -12 },
  };
  layers[0]!.push('tone');
  for (let layer = 1; layer <= 3 + below(3); layer++) {
    const names: string[] = [];
    for (let kind = 0; kind < 1 + below(3); kind++) {
      const make = MODELS[below(MODELS.length)]!;
      for (let i = 0; i < 1 + below(MOST_ALIKE); i++) {
        const name = `n${layer}-${kind}-${i}`;
        instances[name] = make(random);
        names.push(name);
      }
    }
    if (random() < 0.6) names.push(`bus${layer}`);
    layers.push(names);
  }
  const buses: NonNullable<Task['buses']> = {};
  for (const name of layers.flat()) if (name.startsWith('bus')) buses[name] = { inputChannels: 1 };
  const isMeter = (name: string) => instances[name]?.model === 'audiocloud:meter';
  const before: string[] = [];
  for (const layer of layers) {
    if (before.length > 0)
      for (const name of layer) {
        const sources = name.startsWith('bus') ? 4 : 1 + below(2);
        for (let i = 0; i < sources; i++)
          connect(before[before.length - 1 - below(Math.min(before.length, 12))]!, name, {
            ...(random() < 0.4 ? { gainDb: -12 * random() } : {}),
            ...(random() < 0.2 ? { offsetFrames: below(300) } : {}),
          });
      }
    before.push(...layer.filter((name) => !isMeter(name)));
  }
  const last = layers.at(-1)!.filter((name) => !isMeter(name));
  for (const name of [...last, 'tone']) connect(name, random() < 0.7 ? 'main' : 'side', { gainDb: -9 });
  for (const name of before) if (random() < 0.2) connect(name, 'main', { gainDb: -20 });
  const inner = before.filter((name) => name !== 'track' && name !== 'tone');
  for (let i = 0; i < 2; i++)
    connect(inner[below(inner.length)]!, inner[below(inner.length)]!, { feedback: true, gainDb: -30 });
  const moved = Object.keys(instances).filter((name) => instances[name]!.model === 'audiocloud:gain');
  const events = Array.from({ length: moved.length ? 20 : 0 }, () => ({
    frame: below(frames),
    instance: moved[below(moved.length)]!,
    parameter: 'gain',
    value: -20 * random(),
  }));
  return {
    task: {
      sampleRate: 48000,
      tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
      instances,
      buses,
      connections,
      sinks: { main: { kind: 'stream', channels: 1 }, side: { kind: 'stream', channels: 1 } },
    },
    events,
  };
}
