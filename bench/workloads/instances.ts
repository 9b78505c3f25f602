import type { Instance, Model, Task } from '@audiocloud/api';
import { OwnEngine, stockRegistry } from '../peers/ours.ts';
import { noise } from '../signals.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/*
 * What one instance costs in a block of 128, host included: a task with such instances, fed from one source, less the same task
 * with none. Alone at its depth, and as one of many side by side, which share vectors (lanes) where the model has them. Every
 * model in its default state and, where that does nothing, in a state that works. An instrument holds a chord of eight notes, and
 * every slot has a second of noise.
 */
const MANY = 64;
const BLOCK = 128;
/** How many instances a task has, and blocks a turn: short ones, so that what disturbs falls on few of them. */
const NONE = { count: 0, blocks: 100 };
const ALONE = { count: 1, blocks: 100 };
const LANES = { count: MANY, blocks: 20 };

/** States in which a model works; the others are measured as they come. */
const WORKING: Record<string, Instance['parameters']> = {
  'audiocloud:equalizer': {
    type: ['low-cut', 'low-shelf', 'bell', 'high-shelf'],
    frequency: [80, 200, 1000, 8000],
    gain: [0, 3, -3, 3],
  },
  'audiocloud:compressor': { threshold: -30, ratio: 4 },
  'audiocloud:gain': { gain: -6 },
  'audiocloud:width': { width: 150, monoBass: true },
  'audiocloud:mid-side': { side: 3 },
  'audiocloud:gate': { threshold: -20 },
  'audiocloud:limiter': { gain: 6, ceiling: -1 },
  'audiocloud:graphic-equalizer': { gain: Array.from({ length: 31 }, (_, b) => (b % 7) - 3) },
  'audiocloud:de-esser': { threshold: -40 },
  'audiocloud:transient-shaper': { attack: 50, sustain: 20 },
  'audiocloud:multiband-compressor': { threshold: -30, ratio: 4 },
  'audiocloud:dynamic-equalizer': { type: ['low-shelf', 'bell', 'bell', 'high-shelf'], threshold: -40 },
  'audiocloud:saturation': { drive: 18, mix: 100 },
  'audiocloud:echo': { feedback: 50, lowCut: 100, highCut: 6000, mix: 40 },
  'audiocloud:chorus': { mix: 50 },
  'audiocloud:flanger': { feedback: 50, mix: 50 },
  'audiocloud:phaser': { feedback: 50, mix: 50 },
  'audiocloud:reverb': { mix: 30 },
  'audiocloud:pitch': { semitones: 5 },
  'audiocloud:sampler': { mode: 'loop' },
};

/** Held through all of it. */
const CHORD = [36, 43, 48, 52, 55, 60, 64, 67].map((note) => ({ seconds: 0, lengthSeconds: 3600, note }));
/** What is in slots: as wide as the instance, where the slot takes it. */
const MEDIA = { mono: noise(1, 48000, 0.5), stereo: noise(2, 48000, 0.5) };
const slotMedia = (width: number, maxChannels: number) => (Math.min(width, maxChannels) > 1 ? 'stereo' : 'mono');

function task(model: Model, width: number, count: number): Task {
  const instances: NonNullable<Task['instances']> = {
    source: { model: 'audiocloud:tone', widths: { out: width }, parameters: { type: 'white' } },
  };
  const connections: NonNullable<Task['connections']> = { main: { from: { node: 'source' }, to: { node: 'main' } } };
  const parameters = WORKING[model.id];
  const isFed = model.inputs.some(({ kind }) => kind === 'audio');
  const isPlayed = model.inputs.some(({ kind }) => kind === 'midi');
  const slots = Object.fromEntries(
    (model.mediaSlots ?? []).map(({ id, maxChannels }) => [id, slotMedia(width, maxChannels)]),
  );
  const notes: NonNullable<Task['notes']> = {};
  for (let i = 0; i < count; i++) {
    const widths = Object.fromEntries(
      [...model.inputs, ...model.outputs].filter(({ kind }) => kind === 'audio').map(({ id }) => [id, width]),
    );
    instances[`x${i}`] = { model: model.id, widths, media: slots, ...(parameters ? { parameters } : {}) };
    if (isPlayed) notes[`x${i}`] = { instance: `x${i}`, notes: CHORD };
    if (isFed) connections[`in${i}`] = { from: { node: 'source' }, to: { node: `x${i}` } };
  }
  return {
    sampleRate: 48000,
    media: { mono: { path: 'mono' }, stereo: { path: 'stereo' } },
    instances,
    connections,
    notes,
    sinks: { main: { kind: 'stream', channels: width } },
  };
}

/** Whether all audio ports of a model may be so wide. */
const takes = ({ inputs, outputs }: Model, width: number) =>
  [...inputs, ...outputs].every(({ channels }) => !channels || (width >= channels.min && width <= channels.max));

/** Nanoseconds a block for one instance of a model: alone, and as one of many. */
function costs(model: Model, width: number, bench: Bench): { alone: number; lanes: number } {
  const tasks = [NONE, ALONE, LANES].map(({ count, blocks }) => {
    const engine = new OwnEngine(task(model, width, count), BLOCK, MEDIA);
    return { engine, count, blocks };
  });
  for (const { engine, blocks } of tasks.toReversed()) engine.time((bench.quick ? 1 : 10) * blocks); // warm: the largest first
  const turns = Array.from({ length: bench.quick ? 1 : 101 }, () => {
    const [none, alone, lanes] = tasks.map(({ engine, blocks }) => engine.time(blocks) / blocks);
    return { alone: (alone! - none!) / ALONE.count, lanes: (lanes! - none!) / LANES.count };
  });
  for (const { engine } of tasks) engine.dispose();
  return {
    alone: median(turns.map(({ alone }) => alone)) * 1e9,
    lanes: median(turns.map(({ lanes }) => lanes)) * 1e9,
  };
}

const WORDS = { alone: 'alone', lanes: `one of ${MANY} side by side` };

async function run(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const model of stockRegistry().models) {
    for (const [width, word] of [
      [1, 'mono'],
      [2, 'stereo'],
    ] as const) {
      if (!takes(model, width)) continue;
      bench.say(`instances: ${model.name}, ${word}`);
      const found = costs(model, width, bench);
      for (const form of ['alone', 'lanes'] as const)
        rows.push(
          row({
            id: `instances/${model.id.split(':')[1]}/${word}/${form}`,
            name: `${model.name}, ${word}, ${WORDS[form]}, block of 128`,
            unit: 'ns',
            value: found[form],
            goal: null,
            note: `${(found[form] / BLOCK).toFixed(1)} ns a frame`,
          }),
        );
    }
  }
  return rows;
}

export const instances: Workload = {
  id: 'instances',
  name: 'block cost of every plugin',
  about:
    'What an instance of each stock model costs in a block of 128 frames, host included: alone, and as one of many side by side, in lanes where the model has them.',
  run,
};
