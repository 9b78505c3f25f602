import type { Task } from '@audiocloud/api';
import { type Contest, hold } from '../contest.ts';
import { chromium, renderChromium } from '../peers/chromium.ts';
import { faust, renderFaust } from '../peers/faust.ts';
import type { Rendered } from '../peers/peer.ts';
import { type Input, message, renderScsynth, scsynth, synthDef, type Unit } from '../peers/scsynth.ts';
import { renderSox, sox } from '../peers/sox.ts';
import { nodeWebAudio, renderNodeWebAudio, type WebAudioGraph } from '../peers/web-audio.ts';
import type { Workload } from '../row.ts';
import { sinePlane } from '../signals.ts';

/*
 * A sine through 64 biquads in series, mono: bells of +3 and -3 dB in turn from 40 Hz to 16 kHz. Every engine has one
 * object for each filter, with coefficients that can be changed while it runs; sox computes them once. csound is left out: over 64 of its rbjeq it is 0.7 dB off at 6 kHz.
 */
const COUNT = 64;
const AMPLITUDE = 0.25;
const SECONDS = 20;

interface Filter {
  frequencyHz: number;
  gainDb: number;
  q: number;
}

/** What every engine gets. */
export interface Series {
  sourceHz: number;
  amplitude: number;
  filters: Filter[];
}

const series = (sourceHz: number): Series => ({
  sourceHz,
  amplitude: AMPLITUDE,
  filters: Array.from({ length: COUNT }, (_, i) => ({
    frequencyHz: Math.round(40 * 400 ** (i / (COUNT - 1))),
    gainDb: i % 2 ? -3 : 3,
    q: 1,
  })),
});

function ours({ sourceHz, amplitude, filters }: Series): Task {
  const source = { type: 'sine', frequency: sourceHz, level: 20 * Math.log10(amplitude) };
  const instances: NonNullable<Task['instances']> = {
    source: { model: 'audiocloud:tone', widths: { out: 1 }, parameters: source },
  };
  const connections: NonNullable<Task['connections']> = {
    main: { from: { node: `f${filters.length - 1}` }, to: { node: 'main' } },
  };
  filters.forEach(({ frequencyHz, gainDb, q }, i) => {
    const bell = { type: ['bell'], frequency: [frequencyHz], gain: [gainDb], q: [q] };
    instances[`f${i}`] = { model: 'audiocloud:equalizer', widths: { in: 1 }, parameters: bell };
    connections[`c${i}`] = { from: { node: i === 0 ? 'source' : `f${i - 1}` }, to: { node: `f${i}` } };
  });
  return { sampleRate: 48000, instances, connections, sinks: { main: { kind: 'stream', channels: 1 } } };
}

const webAudio: WebAudioGraph<Series> = (context, { sourceHz, amplitude, filters }) => {
  const source = context.createOscillator();
  source.frequency.value = sourceHz;
  const level = context.createGain();
  level.gain.value = amplitude;
  let last: AudioNode = source.connect(level);
  for (const { frequencyHz, gainDb, q } of filters) {
    const filter = context.createBiquadFilter();
    filter.type = 'peaking';
    filter.frequency.value = frequencyHz;
    filter.gain.value = gainDb;
    filter.Q.value = q;
    last = last.connect(filter);
  }
  last.connect(context.destination);
  source.start();
};

/** One synth with all filters; each has controls for frequency and gain. */
function supercollider({ sourceHz, amplitude, filters }: Series, lengthSeconds: number): Promise<Rendered> {
  const names = ['freq', ...filters.flatMap((_, i) => [`f${i}`, `g${i}`])];
  const units: Unit[] = [
    { name: 'SinOsc', rate: 2, inputs: [{ unit: 0 }, { constant: 0 }], outputs: 1 },
    { name: 'BinaryOpUGen', rate: 2, special: 2, inputs: [{ unit: 1 }, { constant: amplitude }], outputs: 1 },
  ];
  filters.forEach(({ q }, i) => {
    const control = (output: number): Input => ({ unit: 0, output });
    const inputs = [{ unit: units.length }, control(1 + 2 * i), { constant: 1 / q }, control(2 + 2 * i)];
    units.push({ name: 'BPeakEQ', rate: 2, inputs, outputs: 1 });
  });
  units.push({ name: 'Out', rate: 2, inputs: [{ constant: 0 }, { unit: units.length }], outputs: 0 });
  const values = [sourceHz, ...filters.flatMap(({ frequencyHz, gainDb }) => [frequencyHz, gainDb])];
  const controls = names.flatMap((name, i) => [name, { float: values[i]! }]);
  return renderScsynth(
    [message('/d_recv', synthDef('series', names, units)), message('/s_new', 'series', 1000, 1, 0, ...controls)],
    lengthSeconds,
  );
}

function faustSeries({ sourceHz, amplitude, filters }: Series, lengthSeconds: number): Promise<Rendered> {
  const bells = filters.map(
    (_, i) => `fi.svf.bell(hslider("f${i}",1000,20,20000,0.1),1,hslider("g${i}",0,-24,24,0.1))`,
  );
  const source = `import("stdfaust.lib");\nprocess = ${bells.join(' : ')};\n`;
  const controls = Object.fromEntries(
    filters.flatMap(({ frequencyHz, gainDb }, i) => [
      [`f${i}`, frequencyHz],
      [`g${i}`, gainDb],
    ]),
  );
  const input = [sinePlane(sourceHz, amplitude, 96000)]; // a whole number of periods, played again and again
  return renderFaust({ source, instances: [controls], lengthSeconds, channels: 1, input });
}

function soxSeries({ sourceHz, amplitude, filters }: Series, lengthSeconds: number): Promise<Rendered> {
  const input = [sinePlane(sourceHz, amplitude, Math.round(lengthSeconds * 48000))];
  return renderSox(
    input,
    filters.flatMap(({ frequencyHz, gainDb, q }) => ['equalizer', String(frequencyHz), `${q}q`, String(gainDb)]),
  );
}

const contest: Contest<Series> = {
  id: 'series',
  name: '64 biquads in series',
  ours,
  contestants: [
    { peer: nodeWebAudio, proof: 'null', render: (spec, length) => renderNodeWebAudio(webAudio, spec, length, 1) },
    { peer: chromium, proof: 'null', render: (spec, length) => renderChromium(webAudio, spec, length, 1) },
    { peer: scsynth, proof: 'null', render: supercollider },
    {
      peer: faust,
      proof: 'null',
      render: faustSeries,
      note: 'Faust computes the coefficients of all filters anew in every block',
    },
    {
      peer: sox,
      proof: 'null',
      render: soxSeries,
      note: 'sox computes fixed coefficients once, and reads and writes files',
    },
  ],
  // 750 Hz and the others go into the tables and phases of every engine without a rest
  proofs: [187.5, 750, 6000].map((sourceHz) => ({
    variant: series(sourceHz),
    what: `a sine of ${sourceHz} Hz`,
    fromSeconds: 0.3,
    toSeconds: 0.6,
  })),
  timed: series(750),
  lengthSeconds: SECONDS,
  goalOfFaster: { peers: [nodeWebAudio.name, chromium.name], ratio: 0.75 },
};

export const seriesOfBiquads: Workload = {
  id: 'series',
  name: '64 biquads in series beside other engines',
  about:
    'A sine through 64 biquad instances, one channel, each with coefficients of its own that can be changed while it runs.',
  run: (bench) => hold(contest, bench),
};
