import type { Task } from '@audiocloud/api';
import { type Contest, hold } from '../contest.ts';
import { chromium, renderChromium, SAW_MAKE_UP } from '../peers/chromium.ts';
import { csound, renderCsound } from '../peers/csound.ts';
import type { Rendered } from '../peers/peer.ts';
import { message, renderScsynth, scsynth, synthDef } from '../peers/scsynth.ts';
import { nodeWebAudio, renderNodeWebAudio, type WebAudioGraph } from '../peers/web-audio.ts';
import type { Workload } from '../row.ts';

/*
 * 256 voices of saw, low-pass of second order and gain, mixed to mono. 48 kHz, blocks of 128, one thread.
 * Before it is timed, each engine's single voices must have the level of ours within 0.1 dB, and its mix within 0.5 dB: the
 * engines' oscillators start at different phases, so what many voices have in common adds up differently.
 */
const CHECKED = [0, 48, 96, 144]; // 50 to 400 Hz: above, scsynth is 0.1 to 0.2 dB louder than Web Audio, csound and we are
const CUTOFF_HZ = 1000;
const LEVEL_DB = -40;
const GAIN = 10 ** (LEVEL_DB / 20);

interface Voices {
  cutoffHz: number;
  gain: number;
  frequenciesHz: number[];
}

const voicesOf = (numbers: number[]): Voices => ({
  cutoffHz: CUTOFF_HZ,
  gain: GAIN,
  // 50 to 1,970 Hz by equal ratios: no two voices share their harmonics
  frequenciesHz: numbers.map((voice) => 50 * 1.0145 ** voice),
});
const all = voicesOf(Array.from({ length: 256 }, (_, voice) => voice));

/** scsynth's Saw goes from -0.5 to 0.5. */
const SCSYNTH_SAW = 2;

function ours({ frequenciesHz }: Voices): Task {
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = { mix: { from: { node: 'mix' }, to: { node: 'main' } } };
  frequenciesHz.forEach((frequency, v) => {
    const saw = { type: 'saw', frequency, level: 0 };
    const lowPass = { type: ['high-cut'], frequency: [CUTOFF_HZ], slope: [12] };
    instances[`saw${v}`] = { model: 'audiocloud:tone', widths: { out: 1 }, parameters: saw };
    instances[`filter${v}`] = { model: 'audiocloud:equalizer', widths: { in: 1 }, parameters: lowPass };
    instances[`gain${v}`] = { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: LEVEL_DB } };
    connections[`a${v}`] = { from: { node: `saw${v}` }, to: { node: `filter${v}` } };
    connections[`b${v}`] = { from: { node: `filter${v}` }, to: { node: `gain${v}` } };
    connections[`c${v}`] = { from: { node: `gain${v}` }, to: { node: 'mix' } };
  });
  const sinks: Task['sinks'] = { main: { kind: 'stream', channels: 1 } };
  return { sampleRate: 48000, instances, connections, buses: { mix: { inputChannels: 1 } }, sinks };
}

function supercollider({ frequenciesHz }: Voices, lengthSeconds: number): Promise<Rendered> {
  const definition = synthDef(
    'voice',
    ['freq', 'cutoff'],
    [
      { name: 'Saw', rate: 2, inputs: [{ unit: 0 }], outputs: 1 },
      { name: 'LPF', rate: 2, inputs: [{ unit: 1 }, { unit: 0, output: 1 }], outputs: 1 },
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
  const synths = frequenciesHz.map((frequency, v) =>
    message('/s_new', 'voice', 1000 + v, 1, 0, 'freq', { float: frequency }, 'cutoff', { float: CUTOFF_HZ }),
  );
  return renderScsynth([message('/d_recv', definition), ...synths], lengthSeconds);
}

function csoundVoices({ frequenciesHz }: Voices, lengthSeconds: number): Promise<Rendered> {
  const voice = `chnset ${CUTOFF_HZ}, "cutoff"\ninstr 1\nkcut chnget "cutoff"\nasaw vco2 1, p4\nafil butterlp asaw, kcut\nout afil * ${GAIN}\nendin`;
  return renderCsound(voice, frequenciesHz.map((frequency) => `i 1 0 ${lengthSeconds} ${frequency}`).join('\n'));
}

const webAudio: WebAudioGraph<Voices> = (context, { frequenciesHz, cutoffHz, gain }) => {
  for (const frequencyHz of frequenciesHz) {
    const oscillator = context.createOscillator();
    oscillator.type = 'sawtooth';
    oscillator.frequency.value = frequencyHz;
    const filter = context.createBiquadFilter();
    filter.type = 'lowpass';
    filter.frequency.value = cutoffHz;
    filter.Q.value = 20 * Math.log10(Math.SQRT1_2); // Web Audio gives the Q of low-pass filters in dB
    const level = context.createGain();
    level.gain.value = gain;
    oscillator.connect(filter).connect(level).connect(context.destination);
    oscillator.start();
  }
};

function inChromium(spec: Voices, lengthSeconds: number): Promise<Rendered> {
  return renderChromium(webAudio, { ...spec, gain: spec.gain * SAW_MAKE_UP }, lengthSeconds, 1);
}

const contest: Contest<Voices> = {
  id: 'voices',
  name: '256 voices of saw, low-pass, gain',
  ours,
  contestants: [
    { peer: scsynth, proof: 'level', render: supercollider },
    { peer: nodeWebAudio, proof: 'level', render: (spec, length) => renderNodeWebAudio(webAudio, spec, length, 1) },
    { peer: chromium, proof: 'level', render: inChromium },
    { peer: csound, proof: 'level', render: csoundVoices },
  ],
  // from 1 s on filters and integrators have settled
  proofs: [
    ...CHECKED.map((voice) => ({
      variant: voicesOf([voice]),
      what: `voice ${voice}`,
      fromSeconds: 1,
      toSeconds: 2,
    })),
    { variant: all, what: 'all voices', fromSeconds: 1, toSeconds: 5, toleranceDb: 0.5 },
  ],
  timed: all,
  lengthSeconds: 8,
  goals: { [scsynth.name]: 0.5 },
};

export const voices: Workload = {
  id: 'voices',
  name: '256 voices beside other engines',
  about:
    'Each voice is a band-limited saw, a low-pass of second order and a gain; all are mixed to one channel. One thread, blocks of 128 frames.',
  run: (bench) => hold(contest, bench),
};
