import type { Task } from '@audiocloud/api';
import { type Contest, hold } from '../contest.ts';
import { chromium, renderChromium, SAW_MAKE_UP } from '../peers/chromium.ts';
import { csound, renderCsound } from '../peers/csound.ts';
import type { Rendered } from '../peers/peer.ts';
import { message, renderScsynth, scsynth, synthDef } from '../peers/scsynth.ts';
import { nodeWebAudio, renderNodeWebAudio, type WebAudioGraph } from '../peers/web-audio.ts';
import type { Workload } from '../row.ts';

/*
 * 100 oscillators, each through a gain, mixed to mono: once sines (which all engines start at phase 0, so that they can be
 * nulled), once band-limited saws (whose levels are compared: every engine limits the band in its own way).
 */
const COUNT = 100;
const LEVEL_DB = -40;

interface Oscillators {
  shape: 'sine' | 'saw';
  gain: number;
  frequenciesHz: number[];
}

// 46.875 Hz is 1/1024 of the sample rate: the multiples fall on whole steps of every engine's tables
const sines = (numbers: number[]): Oscillators => ({
  shape: 'sine',
  gain: 10 ** (LEVEL_DB / 20),
  frequenciesHz: numbers.map((i) => 46.875 * (i + 1)),
});
const saws = (numbers: number[]): Oscillators => ({
  shape: 'saw',
  gain: 10 ** (LEVEL_DB / 20),
  frequenciesHz: numbers.map((i) => 50 * 1.037 ** i), // to 1,820 Hz
});
const ALL = Array.from({ length: COUNT }, (_, i) => i);

function ours({ shape, frequenciesHz }: Oscillators): Task {
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = { mix: { from: { node: 'mix' }, to: { node: 'main' } } };
  frequenciesHz.forEach((frequency, i) => {
    const parameters = { type: shape, frequency, level: 0 };
    instances[`tone${i}`] = { model: 'audiocloud:tone', widths: { out: 1 }, parameters };
    instances[`gain${i}`] = { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: LEVEL_DB } };
    connections[`a${i}`] = { from: { node: `tone${i}` }, to: { node: `gain${i}` } };
    connections[`b${i}`] = { from: { node: `gain${i}` }, to: { node: 'mix' } };
  });
  const sinks: Task['sinks'] = { main: { kind: 'stream', channels: 1 } };
  return { sampleRate: 48000, instances, connections, buses: { mix: { inputChannels: 1 } }, sinks };
}

const webAudio: WebAudioGraph<Oscillators> = (context, { shape, gain, frequenciesHz }) => {
  for (const frequencyHz of frequenciesHz) {
    const oscillator = context.createOscillator();
    oscillator.type = shape === 'saw' ? 'sawtooth' : 'sine';
    oscillator.frequency.value = frequencyHz;
    const level = context.createGain();
    level.gain.value = gain;
    oscillator.connect(level).connect(context.destination);
    oscillator.start();
  }
};

function inChromium(spec: Oscillators, lengthSeconds: number): Promise<Rendered> {
  const gain = spec.gain * (spec.shape === 'saw' ? SAW_MAKE_UP : 1);
  return renderChromium(webAudio, { ...spec, gain }, lengthSeconds, 1);
}

function csoundOscillators({ shape, gain, frequenciesHz }: Oscillators, lengthSeconds: number): Promise<Rendered> {
  const oscillator = shape === 'saw' ? 'vco2 1, p4' : 'poscil 1, p4';
  return renderCsound(
    `chnset ${gain}, "gain"\ninstr 1\nkgain chnget "gain"\nasig ${oscillator}\nout asig * kgain\nendin`,
    frequenciesHz.map((frequency) => `i 1 0 ${lengthSeconds} ${frequency}`).join('\n'),
  );
}

function supercollider({ shape, gain, frequenciesHz }: Oscillators, lengthSeconds: number): Promise<Rendered> {
  const oscillator =
    shape === 'saw'
      ? { name: 'Saw', rate: 2 as const, inputs: [{ unit: 0 }], outputs: 1 }
      : { name: 'SinOsc', rate: 2 as const, inputs: [{ unit: 0 }, { constant: 0 }], outputs: 1 };
  const definition = synthDef(
    'voice',
    ['freq', 'gain'],
    [
      oscillator,
      { name: 'BinaryOpUGen', rate: 2, special: 2, inputs: [{ unit: 1 }, { unit: 0, output: 1 }], outputs: 1 },
      { name: 'Out', rate: 2, inputs: [{ constant: 0 }, { unit: 2 }], outputs: 0 },
    ],
  );
  const level = gain * (shape === 'saw' ? 2 : 1); // its Saw goes from -0.5 to 0.5
  const synths = frequenciesHz.map((frequency, i) =>
    message('/s_new', 'voice', 1000 + i, 1, 0, 'freq', { float: frequency }, 'gain', { float: level }),
  );
  return renderScsynth([message('/d_recv', definition), ...synths], lengthSeconds);
}

const contest = (shape: 'sine' | 'saw'): Contest<Oscillators> => {
  const proof = shape === 'sine' ? 'null' : 'level';
  const variants = shape === 'sine' ? sines : saws;
  return {
    id: `oscillators/${shape}`,
    name: `100 oscillators (${shape}) and gains`,
    ours,
    contestants: [
      { peer: chromium, proof, render: inChromium },
      { peer: nodeWebAudio, proof, render: (spec, length) => renderNodeWebAudio(webAudio, spec, length, 1) },
      { peer: csound, proof, render: csoundOscillators },
      { peer: scsynth, proof, render: supercollider },
    ],
    proofs: [
      // from 0.5 s on: scsynth's saw is an integrator that forgets its start
      ...(shape === 'sine' ? [0, 33, 66, 99] : [0, 10, 20, 30]).map((i) => ({
        variant: variants([i]),
        what: `oscillator ${i}`,
        fromSeconds: 0.5,
        toSeconds: 1.5,
      })),
      { variant: variants(ALL), what: 'all oscillators', fromSeconds: 0.5, toSeconds: 1.5, toleranceDb: 0.5 },
    ],
    timed: variants(ALL),
    lengthSeconds: 15,
    goals: { [chromium.name]: 0.4, [csound.name]: 1 },
  };
};

export const oscillators: Workload = {
  id: 'oscillators',
  name: '100 oscillators and gains beside other engines',
  about:
    'Every oscillator is an instance, and so is the gain behind it; all are mixed to one channel. Sines are nulled against the peers, band-limited saws compared by level.',
  run: async (bench) => [...(await hold(contest('sine'), bench)), ...(await hold(contest('saw'), bench))],
};
