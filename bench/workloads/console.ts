import { availableParallelism } from 'node:os';
import type { Task } from '@audiocloud/api';
import { OfflineRender, renderTask } from '@audiocloud/engine';
import { type Contest, hold } from '../contest.ts';
import { faust, renderFaust } from '../peers/faust.ts';
import type { Rendered } from '../peers/peer.ts';
import { type Input, message, renderScsynth, scsynth, synthDef, type Unit } from '../peers/scsynth.ts';
import { OwnEngine, stockRegistry } from '../peers/ours.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';
import { sinePlane } from '../signals.ts';

/*
 * A mixing console: one source into 64 strips of high-pass, low shelf, bell, high shelf, compressor and pan, summed to
 * stereo. Every strip has other values, all of which can be changed while it runs.
 *
 * The source is a sine, and the compressors let go slowly, so that peak detectors of different make come to the same
 * reduction: that is what makes the outputs comparable within 0.1 dB. What each does for it is not the same: ours and
 * Faust's compute level and gain for every frame, scsynth's Compander one gain for a block, with a line between two.
 */
const COUNT = 64;
const AMPLITUDE = 0.5;
const THRESHOLD_DB = -20;
const RATIO = 4;
const ATTACK_SECONDS = 0.0001;
const RELEASE_SECONDS = 1;
const STRIP_DB = -24;
const BUS = 16;

interface Strip {
  highPassHz: number;
  lowShelfHz: number;
  lowShelfDb: number;
  bellHz: number;
  bellDb: number;
  bellQ: number;
  highShelfHz: number;
  highShelfDb: number;
  pan: number;
}

interface Console {
  sourceHz: number;
  strips: Strip[];
}

const strip = (s: number): Strip => ({
  highPassHz: 30 + s,
  lowShelfHz: 150 + 5 * s,
  lowShelfDb: (s % 7) - 3,
  bellHz: 500 + 40 * s,
  bellDb: 4 - (s % 9),
  bellQ: 0.7 + (s % 4) / 2,
  highShelfHz: 4000 + 60 * s,
  highShelfDb: 3 - (s % 6),
  pan: (s % 16) / 8 - 0.9375,
});
const ALL = Array.from({ length: COUNT }, (_, s) => s);
const consoleOf = (numbers: number[], sourceHz: number): Console => ({ sourceHz, strips: numbers.map(strip) });

function ours({ sourceHz, strips }: Console): Task {
  const source = { type: 'sine', frequency: sourceHz, level: 20 * Math.log10(AMPLITUDE) };
  const compressor = {
    threshold: THRESHOLD_DB,
    ratio: RATIO,
    attack: ATTACK_SECONDS * 1000,
    release: RELEASE_SECONDS * 1000,
  };
  const instances: NonNullable<Task['instances']> = {
    source: { model: 'audiocloud:tone', widths: { out: 1 }, parameters: source },
  };
  const connections: NonNullable<Task['connections']> = { main: { from: { node: 'mix' }, to: { node: 'main' } } };
  strips.forEach((one, s) => {
    instances[`eq${s}`] = {
      model: 'audiocloud:equalizer',
      widths: { in: 1 },
      parameters: {
        type: ['low-cut', 'low-shelf', 'bell', 'high-shelf'],
        frequency: [one.highPassHz, one.lowShelfHz, one.bellHz, one.highShelfHz],
        gain: [0, one.lowShelfDb, one.bellDb, one.highShelfDb],
        q: [Math.SQRT1_2, Math.SQRT1_2, one.bellQ, Math.SQRT1_2],
        slope: [12],
      },
    };
    instances[`comp${s}`] = { model: 'audiocloud:compressor', widths: { in: 1, key: 1 }, parameters: compressor };
    instances[`pan${s}`] = {
      model: 'audiocloud:gain',
      widths: { in: 1, out: 2 },
      parameters: { gain: STRIP_DB, pan: one.pan },
    };
    connections[`a${s}`] = { from: { node: 'source' }, to: { node: `eq${s}` } };
    connections[`b${s}`] = { from: { node: `eq${s}` }, to: { node: `comp${s}` } };
    connections[`c${s}`] = { from: { node: `comp${s}` }, to: { node: `pan${s}` } };
    connections[`d${s}`] = { from: { node: `pan${s}` }, to: { node: 'mix' } };
  });
  const sinks: Task['sinks'] = { main: { kind: 'stream', channels: 2 } };
  return { sampleRate: 48000, instances, connections, buses: { mix: { inputChannels: 2 } }, sinks };
}

/** The time that Compander takes for 90 % is 2.3026 of our time constants. */
const COMPANDER_TIME = Math.LN10;

function supercollider({ sourceHz, strips }: Console, lengthSeconds: number): Promise<Rendered> {
  const names = ['hp', 'lsf', 'lsg', 'pkf', 'pkrq', 'pkg', 'hsf', 'hsg', 'thr', 'slope', 'att', 'rel', 'pan', 'level'];
  const control = (name: string): Input => ({ unit: 0, output: names.indexOf(name) });
  const constant = (value: number): Input => ({ constant: value });
  const units: Unit[] = [
    { name: 'In', rate: 2, inputs: [constant(BUS)], outputs: 1 },
    { name: 'BHiPass', rate: 2, inputs: [{ unit: 1 }, control('hp'), constant(Math.SQRT2)], outputs: 1 },
    { name: 'BLowShelf', rate: 2, inputs: [{ unit: 2 }, control('lsf'), constant(1), control('lsg')], outputs: 1 },
    { name: 'BPeakEQ', rate: 2, inputs: [{ unit: 3 }, control('pkf'), control('pkrq'), control('pkg')], outputs: 1 },
    { name: 'BHiShelf', rate: 2, inputs: [{ unit: 4 }, control('hsf'), constant(1), control('hsg')], outputs: 1 },
    {
      name: 'Compander',
      rate: 2,
      inputs: [{ unit: 5 }, { unit: 5 }, control('thr'), constant(1), control('slope'), control('att'), control('rel')],
      outputs: 1,
    },
    { name: 'Pan2', rate: 2, inputs: [{ unit: 6 }, control('pan'), control('level')], outputs: 2 },
    { name: 'Out', rate: 2, inputs: [constant(0), { unit: 7 }, { unit: 7, output: 1 }], outputs: 0 },
  ];
  const source: Unit[] = [
    { name: 'SinOsc', rate: 2, inputs: [{ unit: 0 }, constant(0)], outputs: 1 },
    { name: 'BinaryOpUGen', rate: 2, special: 2, inputs: [{ unit: 1 }, constant(AMPLITUDE)], outputs: 1 },
    { name: 'Out', rate: 2, inputs: [constant(BUS), { unit: 2 }], outputs: 0 },
  ];
  const synths = strips.map((one, s) => {
    const values: Record<string, number> = {
      hp: one.highPassHz,
      lsf: one.lowShelfHz,
      lsg: one.lowShelfDb,
      pkf: one.bellHz,
      pkrq: 1 / one.bellQ,
      pkg: one.bellDb,
      hsf: one.highShelfHz,
      hsg: one.highShelfDb,
      thr: 10 ** (THRESHOLD_DB / 20),
      slope: 1 / RATIO,
      att: ATTACK_SECONDS * COMPANDER_TIME,
      rel: RELEASE_SECONDS * COMPANDER_TIME,
      pan: one.pan,
      level: 10 ** (STRIP_DB / 20),
    };
    const controls = names.flatMap((name) => [name, { float: values[name]! }]);
    return message('/s_new', 'strip', 1001 + s, 1, 0, ...controls); // 1: at the tail, behind the source
  });
  return renderScsynth(
    [
      message('/d_recv', synthDef('source', ['freq'], source)),
      message('/d_recv', synthDef('strip', names, units)),
      message('/s_new', 'source', 1000, 0, 0, 'freq', { float: sourceHz }),
      ...synths,
    ],
    lengthSeconds,
    2,
  );
}

const slider = (name: string, initial: number) => `hslider("${name}", ${initial}, -100000, 100000, 0.000001)`;
const FAUST = `import("stdfaust.lib");
process = fi.svf.hp(${slider('hp', 30)}, sqrt(0.5))
  : fi.svf.ls(${slider('lsf', 150)}, sqrt(0.5), ${slider('lsg', 0)})
  : fi.svf.bell(${slider('pkf', 1000)}, ${slider('pkq', 1)}, ${slider('pkg', 0)})
  : fi.svf.hs(${slider('hsf', 4000)}, sqrt(0.5), ${slider('hsg', 0)})
  : co.compressor_mono(${slider('ratio', 4)}, ${slider('thr', -20)}, ${slider('att', 0.0001)}, ${slider('rel', 1)})
  : *(${slider('level', 1)}) <: *(cos(angle)), *(sin(angle))
with { angle = (${slider('pan', 0)} + 1) * ma.PI / 4; };
`;

function faustConsole({ sourceHz, strips }: Console, lengthSeconds: number): Promise<Rendered> {
  const instances = strips.map((one) => ({
    hp: one.highPassHz,
    lsf: one.lowShelfHz,
    lsg: one.lowShelfDb,
    pkf: one.bellHz,
    pkq: one.bellQ,
    pkg: one.bellDb,
    hsf: one.highShelfHz,
    hsg: one.highShelfDb,
    ratio: RATIO,
    thr: THRESHOLD_DB,
    att: ATTACK_SECONDS,
    rel: RELEASE_SECONDS,
    pan: one.pan,
    level: 10 ** (STRIP_DB / 20),
  }));
  const input = [sinePlane(sourceHz, AMPLITUDE, 96000)];
  return renderFaust({ source: FAUST, instances, lengthSeconds, channels: 2, input });
}

const proof = (numbers: number[], sourceHz: number, what: string) => ({
  variant: consoleOf(numbers, sourceHz),
  what: `${what} at ${sourceHz} Hz`,
  fromSeconds: 1,
  toSeconds: 2,
});

const contest: Contest<Console> = {
  id: 'console',
  name: 'console of 64 strips',
  ours,
  contestants: [
    {
      peer: scsynth,
      proof: 'level',
      render: supercollider,
      note: 'its Compander computes one gain a block, ours one a frame',
    },
    {
      peer: faust,
      proof: 'level',
      render: faustConsole,
      note: 'one compiled strip in 64 instances, mixed by our frame; coefficients anew in every block',
    },
  ],
  proofs: [
    ...[187.5, 750, 6000].map((sourceHz) => proof([0], sourceHz, 'strip 0')),
    ...[17, 40, 63].map((s) => proof([s], 750, `strip ${s}`)),
    ...[187.5, 6000].map((sourceHz) => proof(ALL, sourceHz, 'all strips')),
  ],
  timed: consoleOf(ALL, 750),
  lengthSeconds: 12,
  goals: { [scsynth.name]: 0.25, [faust.name]: 1.3 },
};

/** The goal: one task on two threads, at least 1.8 times as fast as on one. */
const TWO_THREADS = { id: 'console/two-threads', unit: 'times one thread', goal: 1.8, higherIsBetter: true };

/** Seconds of sound that each way of rendering gets in turn. */
const SLICE_SECONDS = 1;
const SLICES = 15;

/**
 * How much faster two threads render the same task than one: the median of pairs. Both sides are the same renderer in the
 * same process, second by second in turn; that they give the same bytes is compared first.
 */
async function twoThreads(bench: Bench): Promise<{ ratios: number[]; median: number }> {
  const sharing = 'always';
  const task = ours(contest.timed);
  const render = (threads: number) =>
    renderTask({ task, media: {}, registry: stockRegistry(), toSeconds: 1, threads, sharing });
  const [one, two] = [await render(1), await render(2)];
  if (!one.data.every((plane, c) => plane.every((x, i) => Object.is(x, two.data[c]![i]))))
    throw new Error('console: two threads give other bytes than one');
  const own = new OwnEngine(task);
  try {
    return await own.onThreads(2, (time) => {
      const blocks = Math.round((SLICE_SECONDS * 48000) / 128 / (bench.quick ? 10 : 1));
      const ratios = Array.from({ length: bench.quick ? 1 : SLICES }, () => time(blocks, false) / time(blocks, true));
      return { ratios, median: median(ratios) };
    });
  } finally {
    own.dispose();
  }
}

/** Time of an offline render of the console on one thread by that on all cores, everything included. */
const OFFLINE = { id: 'console/offline', unit: 'times one thread', goal: null, higherIsBetter: true };
const OFFLINE_SECONDS = 60;
const OFFLINE_ROUNDS = 5;

async function offline(bench: Bench): Promise<number[]> {
  const render = async (threads: number): Promise<number> => {
    const toSeconds = bench.quick ? 2 : OFFLINE_SECONDS;
    const job = OfflineRender.start({
      task: ours(contest.timed),
      media: {},
      registry: stockRegistry(),
      toSeconds,
      threads,
    });
    const begun = performance.now();
    for await (const _ of job.pieces());
    return performance.now() - begun;
  };
  const ratios: number[] = [];
  for (let round = 0; round < (bench.quick ? 1 : OFFLINE_ROUNDS); round++)
    ratios.push((await render(1)) / (await render(Math.min(16, availableParallelism()))));
  return ratios;
}

async function run(bench: Bench): Promise<Row[]> {
  const rows = await hold(contest, bench);
  const measured = await twoThreads(bench);
  const check = 'the same bytes';
  rows.push(
    row({
      ...TWO_THREADS,
      name: 'console of 64 strips on two threads',
      value: measured.median,
      pairs: { 'one thread': measured.ratios },
      check,
    }),
  );
  const ratios = await offline(bench);
  rows.push(
    row({
      ...OFFLINE,
      name: `offline render of the console on ${availableParallelism()} cores`,
      value: median(ratios),
      pairs: { 'one thread': ratios },
      check,
      note: 'with the time to start threads; they are used while that is measured to be faster',
    }),
  );
  return rows;
}

export const mixingDesk: Workload = {
  id: 'console',
  name: 'console of 64 strips beside other engines',
  about:
    'One task of 64 strips of high-pass, low shelf, bell, high shelf, compressor and pan, summed to stereo, on one thread; coefficients can be changed while it runs. Then the same task on two threads, and rendered offline on all cores.',
  run,
};
