import type { Instance, Model, Task } from '@audiocloud/api';
import { type AudioData, allocateAudio } from '@audiocloud/engine';
import { OwnEngine, stockRegistry } from '../peers/ours.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';
import { noise } from '../signals.ts';

/*
 * What a tail costs: instances of one model hear five seconds of noise, then a minute of silence that nobody flags as such
 * (a clip of zeros), so that they go on computing while their states decay. Numbers that become denormal are ten to a
 * hundred times slower: the dearest five seconds of the minute beside those of noise say whether there are any.
 *
 * The second kind of silence is itself denormal: 1e-40 in every frame, as a bad fade-out leaves it.
 */
const MANY = 8;
const BLOCK = 128;
const RATE = 48000;
const PIECE_SECONDS = 5;
const TAIL_PIECES = 12; // a minute
const GOAL = 1.5;
const RUNS = 2;
/** A quick run shows that it runs. Not with shorter pieces: the system may count less than 10 ms of work as none. */
const QUICK = { runs: 1, models: 6 };

/** States with long tails: filters that ring, a slow release, an RMS detector. */
const RINGING: Record<string, Instance['parameters']> = {
  'audiocloud:equalizer': {
    type: ['low-cut', 'bell', 'bell', 'high-shelf'],
    frequency: [20, 30, 1000, 8000],
    gain: [0, 12, -6, 3],
    q: [0.7, 40, 10, 0.7],
  },
  'audiocloud:compressor': { threshold: -40, ratio: 4, release: 5000, detector: 'rms' },
  'audiocloud:gain': { gain: -6 },
};

function task(model: Model): Task {
  const parameters = RINGING[model.id];
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = {};
  for (let i = 0; i < MANY; i++) {
    instances[`x${i}`] = { model: model.id, ...(parameters ? { parameters } : {}) };
    connections[`in${i}`] = { from: { node: 'track' }, to: { node: `x${i}` } };
    connections[`out${i}`] = { from: { node: `x${i}` }, to: { node: 'main' } };
  }
  return {
    sampleRate: RATE,
    tracks: { track: { channels: 2, clips: [{ media: 'sound', startSeconds: 0 }] } },
    instances,
    connections,
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
}

/** A piece of noise, then the value for twelve pieces. */
function burst(after: number): AudioData {
  const media = allocateAudio(RATE, 2, (1 + TAIL_PIECES) * PIECE_SECONDS * RATE);
  const loud = noise(2, PIECE_SECONDS * RATE, 0.5);
  media.data.forEach((plane, c) => {
    plane.fill(after);
    plane.set(loud.data[c]!);
  });
  return media;
}

/** CPU time that each piece of the sound took, in microseconds, the best of several runs. */
function costs(model: Model, media: AudioData, runs: number): number[] {
  const best = new Array<number>(1 + TAIL_PIECES).fill(Number.POSITIVE_INFINITY);
  for (let run = 0; run < runs; run++) {
    const engine = new OwnEngine(task(model), BLOCK, { sound: media });
    try {
      for (let piece = 0; piece <= TAIL_PIECES; piece++) {
        const before = process.threadCpuUsage();
        engine.time(Math.floor((PIECE_SECONDS * RATE) / BLOCK));
        // the system shares exact time out to both by where its ticks fell: of little time either may have all or nothing
        const { user, system } = process.threadCpuUsage(before);
        best[piece] = Math.min(best[piece]!, user + system);
      }
    } finally {
      engine.dispose();
    }
  }
  return best;
}

async function run(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  const { runs, models } = bench.quick ? QUICK : { runs: RUNS, models: undefined };
  for (const [kind, words, value] of [
    ['silence', 'zeros', 0],
    ['denormals', 'denormal samples', 1e-40],
  ] as const) {
    const media = burst(value);
    for (const model of stockRegistry().models.slice(0, models)) {
      if (!model.inputs.some(({ kind: port }) => port === 'audio')) continue;
      const name = model.id.split(':')[1]!;
      bench.say(`tail: ${name} into ${words}`);
      const [start, ...tail] = costs(model, media, runs);
      const dearest = Math.max(...tail);
      rows.push(
        row({
          id: `tail/${kind}/${name}`,
          name: `${model.name}: dearest 5 s of a minute of ${words}, by 5 s of noise`,
          unit: 'x',
          value: dearest / start!,
          goal: value === 0 ? GOAL : null,
          note: `from second ${tail.indexOf(dearest) * PIECE_SECONDS} of the tail on; the median 5 s of it ${(median(tail) / start!).toFixed(2)}`,
        }),
      );
    }
  }
  return rows;
}

export const tail: Workload = {
  id: 'tail',
  name: 'a tail into silence',
  about: `${MANY} instances of a stock model with long tails hear five seconds of noise, then a minute of zeros that are not flagged silent; and the same with samples of 1e-40. The dearest five seconds of the minute by the first; CPU time, and of each five seconds the best of two runs, so that what else runs does not count.`,
  run,
};
