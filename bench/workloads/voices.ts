import type { Task } from '@audiocloud/api';
import { hasCsound, renderCsound } from '../peers/csound.ts';
import { OwnEngine } from '../peers/ours.ts';
import { hasScsynth, message, renderScsynth, synthDef } from '../peers/scsynth.ts';
import { renderWebAudio } from '../peers/web-audio.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

/*
 * 256 voices of saw, low-pass of second order and gain, mixed to mono. 48 kHz, blocks of 128, one thread.
 * Before it is timed, each engine's single voices must have the level of ours within 0.1 dB, and its mix within 0.5 dB: the
 * engines' oscillators start at different phases, so what many voices have in common adds up differently.
 */
const ALL = Array.from({ length: 256 }, (_, voice) => voice);
const CHECKED = [0, 48, 96, 144]; // 50 to 400 Hz: above, scsynth is 0.1 to 0.2 dB louder than Web Audio, csound and we are
const CHECK_SECONDS = 5;
const CUTOFF_HZ = 1000;
const LEVEL_DB = -40;
const GAIN = 10 ** (LEVEL_DB / 20);
const BLOCK = 128;
// 50 to 1,970 Hz by equal ratios: no two voices share their harmonics
const frequencyHz = (voice: number) => 50 * 1.0145 ** voice;

/** scsynth's Saw goes from -0.5 to 0.5. */
const SCSYNTH_SAW = 2;

function task(voices: readonly number[]): Task {
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = { mix: { from: { node: 'mix' }, to: { node: 'main' } } };
  for (const v of voices) {
    const saw = { type: 'saw', frequency: frequencyHz(v), level: 0 };
    const lowPass = { type: ['high-cut'], frequency: [CUTOFF_HZ], slope: [12] };
    instances[`saw${v}`] = { model: 'audiocloud:tone', widths: { out: 1 }, parameters: saw };
    instances[`filter${v}`] = { model: 'audiocloud:equalizer', widths: { in: 1 }, parameters: lowPass };
    instances[`gain${v}`] = { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: LEVEL_DB } };
    connections[`a${v}`] = { from: { node: `saw${v}` }, to: { node: `filter${v}` } };
    connections[`b${v}`] = { from: { node: `filter${v}` }, to: { node: `gain${v}` } };
    connections[`c${v}`] = { from: { node: `gain${v}` }, to: { node: 'mix' } };
  }
  const sinks: Task['sinks'] = { main: { kind: 'stream', channels: 1 } };
  return { sampleRate: 48000, instances, connections, buses: { mix: { inputChannels: 1 } }, sinks };
}

interface Peer {
  name: string;
  isThere(): Promise<boolean>;
  render(voices: readonly number[], lengthSeconds: number): Promise<{ seconds: number; samples: Float32Array }>;
}

const scsynth: Peer = {
  name: 'scsynth',
  isThere: hasScsynth,
  render(voices, lengthSeconds) {
    const definition = synthDef(
      'voice',
      ['freq'],
      [
        { name: 'Saw', rate: 2, inputs: [{ unit: 0 }], outputs: 1 },
        { name: 'LPF', rate: 2, inputs: [{ unit: 1 }, { constant: CUTOFF_HZ }], outputs: 1 },
        {
          name: 'BinaryOpUGen',
          rate: 2,
          special: 2,
          inputs: [{ unit: 2 }, { constant: GAIN * SCSYNTH_SAW }],
          outputs: 1,
        },
        { name: 'Out', rate: 2, inputs: [{ constant: 0 }, { unit: 3 }], outputs: 0 },
      ],
    );
    const synths = voices.map((v) => message('/s_new', 'voice', 1000 + v, 1, 0, 'freq', { float: frequencyHz(v) }));
    return renderScsynth([message('/d_recv', definition), ...synths], lengthSeconds);
  },
};

const csound: Peer = {
  name: 'csound',
  isThere: hasCsound,
  render(voices, lengthSeconds) {
    const voice = `instr 1\nasaw vco2 1, p4\nafil butterlp asaw, ${CUTOFF_HZ}\nout afil * ${GAIN}\nendin`;
    return renderCsound(voice, voices.map((v) => `i 1 0 ${lengthSeconds} ${frequencyHz(v)}`).join('\n'));
  },
};

const webAudio: Peer = {
  name: 'node-web-audio-api',
  isThere: async () => true,
  render: (voices, lengthSeconds) =>
    renderWebAudio(
      voices.map((v) => ({ frequencyHz: frequencyHz(v), cutoffHz: CUTOFF_HZ, gain: GAIN })),
      lengthSeconds,
    ),
};

function levelDb(samples: Float32Array): number {
  const settled = samples.subarray(48000, CHECK_SECONDS * 48000); // filters and integrators have settled
  return 10 * Math.log10(settled.reduce((sum, sample) => sum + sample * sample, 0) / settled.length);
}

/** Throws unless a peer gives the same level as ours. */
async function compare(peer: Peer, voices: readonly number[], toleranceDb: number): Promise<void> {
  const own = new OwnEngine(task(voices), BLOCK);
  const ours = levelDb(own.samples(CHECK_SECONDS * 48000));
  own.dispose();
  const more = levelDb((await peer.render(voices, CHECK_SECONDS)).samples) - ours;
  if (Math.abs(more) <= toleranceDb) return;
  throw new Error(
    `voices: ${peer.name} gives ${more.toFixed(2)} dB more than ours for ${voices.length} voices from number ${voices[0]}: it does not do the same work`,
  );
}

/** Seconds that a peer needs for one second of sound, its start-up taken off. */
async function cost(peer: Peer, lengthSeconds: number): Promise<number> {
  const short = await peer.render(ALL, 1);
  const long = await peer.render(ALL, 1 + lengthSeconds);
  return (long.seconds - short.seconds) / lengthSeconds;
}

async function run(bench: Bench): Promise<Row[]> {
  const lengthSeconds = bench.quick ? 2 : 8;
  const rounds = bench.quick ? 1 : 5;
  const blocks = Math.round((lengthSeconds * 48000) / BLOCK);
  const own = new OwnEngine(task(ALL), BLOCK);
  const all = [own.time(blocks) / lengthSeconds];
  const rows: Row[] = [];
  const peers: Record<string, number> = {};
  let toScsynth: number | null = null;
  for (const peer of [scsynth, webAudio, csound]) {
    if (!(await peer.isThere())) {
      bench.say(`${peer.name} is not installed; see bench/README.md`);
      continue;
    }
    bench.say(`voices: does ${peer.name} do the same work?`);
    for (const voice of CHECKED) await compare(peer, [voice], 0.1);
    await compare(peer, ALL, 0.5);
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
    const name = `256 voices: our time by that of ${peer.name}`;
    rows.push(
      row({ id: `voices/${peer.name}`, name, unit: 'ratio', value: ratio, goal: peer === scsynth ? 1 : null, ratio }),
    );
  }
  own.dispose();
  const name = '256 voices of saw, low-pass, gain';
  return [
    row({ id: 'voices', name, unit: 'x real time', value: 1 / median(all), goal: null, peers, ratio: toScsynth }),
    ...rows,
  ];
}

export const voices: Workload = { id: 'voices', name: '256 voices beside other engines', run };
