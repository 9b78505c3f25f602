import type { Task } from '@audiocloud/api';
import { hasCsound, renderCsound } from '../peers/csound.ts';
import { OwnEngine } from '../peers/ours.ts';
import { hasScsynth, message, renderScsynth, synthDef } from '../peers/scsynth.ts';
import { renderWebAudio } from '../peers/web-audio.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/*
 * 256 voices of saw, low-pass of second order and gain, mixed to mono. 48 kHz, blocks of 128, one thread.
 * Before it is timed, each engine's mix must have the same level as ours within 0.1 dB.
 */
const VOICES = 256;
const CUTOFF_HZ = 1000;
const LEVEL_DB = -40;
// 7.6 Hz apart: over the seconds measured the voices' cross terms average out, so phases do not matter
const frequencyHz = (voice: number) => 50 + voice * 7.6;
const BLOCK = 128;
const CHECK_SECONDS = 5;

/** scsynth's Saw goes from -0.5 to 0.5. */
const SCSYNTH_SAW = 2;

function task(voices: number): Task {
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = { mix: { from: { node: 'mix' }, to: { node: 'main' } } };
  for (let v = 0; v < voices; v++) {
    instances[`saw${v}`] = {
      model: 'audiocloud:tone',
      widths: { out: 1 },
      parameters: { type: 'saw', frequency: frequencyHz(v), level: 0 },
    };
    instances[`filter${v}`] = {
      model: 'audiocloud:equalizer',
      widths: { in: 1 },
      parameters: { type: ['high-cut'], frequency: [CUTOFF_HZ], slope: [12] },
    };
    instances[`gain${v}`] = { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: LEVEL_DB } };
    connections[`a${v}`] = { from: { node: `saw${v}` }, to: { node: `filter${v}` } };
    connections[`b${v}`] = { from: { node: `filter${v}` }, to: { node: `gain${v}` } };
    connections[`c${v}`] = { from: { node: `gain${v}` }, to: { node: 'mix' } };
  }
  return {
    sampleRate: 48000,
    instances,
    connections,
    buses: { mix: { inputChannels: 1 } },
    sinks: { main: { kind: 'stream', channels: 1 } },
  };
}

function levelDb(samples: Float32Array): number {
  let sum = 0;
  const skip = 4800; // the filters' start
  for (let i = skip; i < samples.length; i++) sum += samples[i]! ** 2;
  return 10 * Math.log10(sum / (samples.length - skip));
}

interface Peer {
  name: string;
  isThere(): Promise<boolean>;
  render(lengthSeconds: number): Promise<{ seconds: number; samples: Float32Array }>;
}

const scsynth: Peer = {
  name: 'scsynth',
  isThere: hasScsynth,
  render(lengthSeconds) {
    const gain = 10 ** (LEVEL_DB / 20) * SCSYNTH_SAW;
    const definition = synthDef(
      'voice',
      ['freq'],
      [
        { name: 'Saw', rate: 2, inputs: [{ unit: 0 }], outputs: 1 },
        { name: 'LPF', rate: 2, inputs: [{ unit: 1 }, { constant: CUTOFF_HZ }], outputs: 1 },
        { name: 'BinaryOpUGen', rate: 2, special: 2, inputs: [{ unit: 2 }, { constant: gain }], outputs: 1 },
        { name: 'Out', rate: 2, inputs: [{ constant: 0 }, { unit: 3 }], outputs: 0 },
      ],
    );
    const begin = [message('/d_recv', definition)];
    for (let v = 0; v < VOICES; v++)
      begin.push(message('/s_new', 'voice', 1000 + v, 1, 0, 'freq', { float: frequencyHz(v) }));
    return renderScsynth(begin, lengthSeconds);
  },
};

const csound: Peer = {
  name: 'csound',
  isThere: hasCsound,
  render(lengthSeconds) {
    const voice = `instr 1\nasaw vco2 ${10 ** (LEVEL_DB / 20)}, p4\nafil butterlp asaw, ${CUTOFF_HZ}\nout afil\nendin`;
    const score = Array.from({ length: VOICES }, (_, v) => `i 1 0 ${lengthSeconds} ${frequencyHz(v)}`).join('\n');
    return renderCsound(voice, score);
  },
};

const webAudio: Peer = {
  name: 'node-web-audio-api',
  isThere: async () => true,
  render(lengthSeconds) {
    const voices = Array.from({ length: VOICES }, (_, v) => ({
      frequencyHz: frequencyHz(v),
      cutoffHz: CUTOFF_HZ,
      gain: 10 ** (LEVEL_DB / 20),
    }));
    return renderWebAudio(voices, lengthSeconds);
  },
};

/** Seconds that a peer needs for one second of sound, its start-up taken off. */
async function cost(peer: Peer, lengthSeconds: number): Promise<number> {
  const short = await peer.render(1);
  const long = await peer.render(1 + lengthSeconds);
  return (long.seconds - short.seconds) / lengthSeconds;
}

async function run(bench: Bench): Promise<Row[]> {
  const own = new OwnEngine(task(VOICES), BLOCK);
  const ownLevel = levelDb(own.samples(CHECK_SECONDS * 48000));
  const lengthSeconds = bench.quick ? 2 : 8;
  const rounds = bench.quick ? 1 : 5;
  const blocks = Math.round((lengthSeconds * 48000) / BLOCK);
  const rows: Row[] = [];
  const peers: Record<string, number> = {};
  const all: number[] = [];
  let toScsynth: number | null = null;
  for (const peer of [scsynth, webAudio, csound]) {
    if (!(await peer.isThere())) {
      bench.say(`${peer.name} is not installed; see bench/README.md`);
      continue;
    }
    const difference =
      levelDb((await peer.render(CHECK_SECONDS)).samples.subarray(0, CHECK_SECONDS * 48000)) - ownLevel;
    if (!(Math.abs(difference) <= 0.1))
      throw new Error(
        `voices: ${peer.name} gives ${difference.toFixed(2)} dB more than ours: it does not do the same work`,
      );
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round++) {
      bench.say(`voices: ${peer.name}, round ${round + 1} of ${rounds}`);
      ours.push(own.time(blocks) / lengthSeconds);
      theirs.push(await cost(peer, lengthSeconds));
    }
    all.push(...ours);
    peers[peer.name] = 1 / median(theirs);
    const ratio = median(ours.map((value, i) => value / theirs[i]!));
    if (peer === scsynth) toScsynth = ratio;
    rows.push(
      row({
        id: `voices/${peer.name}`,
        name: `256 voices: our time by that of ${peer.name}`,
        unit: 'ratio',
        value: ratio,
        goal: peer === scsynth ? 1 : null,
        ratio,
      }),
    );
  }
  own.dispose();
  const speed =
    all.length > 0 ? 1 / median(all) : 1 / (new OwnEngine(task(VOICES), BLOCK).time(blocks) / lengthSeconds);
  return [
    row({
      id: 'voices',
      name: '256 voices of saw, low-pass, gain',
      unit: 'x real time',
      value: speed,
      goal: null,
      higherIsBetter: true,
      peers,
      ratio: toScsynth,
    }),
    ...rows,
  ];
}

export const voices: Workload = { id: 'voices', name: '256 voices beside other engines', run };
