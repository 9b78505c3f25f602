import type { Model, Task } from '@audiocloud/api';
import { OUTLETS, PREAMP } from './hardware.ts';
import { TAPE } from './tape-unit.ts';

const audio = (id: string) => ({ id, name: id, kind: 'audio' as const, channels: { min: 1, max: 32, default: 2 } });

/** Those that simulated engines offer: of the stock ones what their parameters need. */
export const MODELS: readonly Model[] = [
  {
    id: 'audiocloud:gain',
    version: '1.0.0',
    name: 'Gain and pan',
    category: 'amplifier',
    inputs: [audio('in')],
    outputs: [audio('out')],
    parameters: [
      { id: 'gain', name: 'Gain', unit: 'dB', range: { kind: 'continuous', min: -120, max: 24 }, default: 0 },
      { id: 'pan', name: 'Pan', unit: 'none', range: { kind: 'continuous', min: -1, max: 1 }, default: 0 },
      { id: 'mute', name: 'Mute', unit: 'toggle', range: { kind: 'toggle' }, default: false },
    ],
    reports: [],
  },
  {
    id: 'audiocloud:tone',
    version: '1.1.0',
    name: 'Tone generator',
    category: 'generator',
    inputs: [],
    outputs: [audio('out')],
    parameters: [
      {
        id: 'frequency',
        name: 'Frequency',
        unit: 'Hz',
        range: { kind: 'continuous', min: 1, max: 40_000 },
        default: 1_000,
      },
      { id: 'level', name: 'Level', unit: 'dBFS', range: { kind: 'continuous', min: -120, max: 0 }, default: -18 },
    ],
    reports: [],
  },
  PREAMP,
  OUTLETS,
  TAPE,
];

/** A tone through a gain: what tasks of the workload begin with. */
export const TONE: Task = {
  sampleRate: 48_000,
  instances: { tone: { model: 'audiocloud:tone' }, gain: { model: 'audiocloud:gain', parameters: { gain: 0 } } },
  connections: {
    toGain: { from: { node: 'tone' }, to: { node: 'gain' } },
    toOut: { from: { node: 'gain' }, to: { node: 'out' } },
  },
  sinks: { out: { kind: 'stream', channels: 2 } },
};

/** The same through a preamp: one of hardware, or any that is free. */
export const withPreamp = (fixed: string): Task => ({
  ...TONE,
  instances: { ...TONE.instances, preamp: { model: PREAMP.id, fixed } },
});

/** The same with a power distributor: nothing sounds through it, and its outlets are still those of others. */
export const withOutlets = (fixed: string): Task => ({
  ...TONE,
  instances: { ...TONE.instances, outlets: { model: OUTLETS.id, fixed } },
});

/** The same with a tape, which runs while it plays. */
export const withTape = (fixed: string): Task => ({
  ...TONE,
  instances: { ...TONE.instances, tape: { model: TAPE.id, fixed } },
});
