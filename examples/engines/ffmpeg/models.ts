import type { Instance, Model, Parameter, Port, Value } from '@audiocloud/api';
import { unable } from './unable.ts';

/** What of an instance its filters are made from. */
export interface InstanceFacts {
  parameter(id: string): number;
  sampleRate: number;
  /** Of its output. */
  layout: string;
  channels: number;
}

/** A model, and the ffmpeg filters that it is; a generator makes its sound from nothing. */
interface Entry {
  model: Model;
  filters(instance: InstanceFacts): string;
}

const port = (id: string, name: string): Port => ({
  id,
  name,
  kind: 'audio',
  channels: { min: 1, max: 8, default: 2 },
});
const continuous = (
  part: Omit<Parameter, 'range' | 'default'> & { min: number; max: number; default: number },
): Parameter => {
  const { min, max, ...rest } = part;
  return { ...rest, range: { kind: 'continuous', min, max } };
};
/** -120 dB is silence, as everywhere. */
export const gainOf = (db: number): number => (db <= -120 ? 0 : 10 ** (db / 20));

const gain: Entry = {
  model: {
    id: 'ffmpeg:gain',
    version: '1.0.0',
    name: 'Gain',
    category: 'amplifier',
    inputs: [port('in', 'In')],
    outputs: [{ ...port('out', 'Out'), channels: { min: 1, max: 8, default: 2, as: 'in' } }],
    parameters: [
      continuous({ id: 'gain', name: 'Gain', unit: 'dB', min: -120, max: 24, default: 0, role: 'gain', decimals: 1 }),
      { id: 'mute', name: 'Mute', unit: 'toggle', range: { kind: 'toggle' }, default: false, role: 'mute' },
    ],
    reports: [],
  },
  filters: ({ parameter }) => `volume=precision=double:volume=${parameter('mute') ? 0 : gainOf(parameter('gain'))}`,
};

const tone: Entry = {
  model: {
    id: 'ffmpeg:tone',
    version: '1.0.0',
    name: 'Sine',
    category: 'generator',
    inputs: [],
    outputs: [port('out', 'Out')],
    parameters: [
      continuous({
        id: 'frequency',
        name: 'Frequency',
        unit: 'Hz',
        min: 1,
        max: 20000,
        default: 1000,
        role: 'frequency',
        taper: 'log',
      }),
      continuous({ id: 'level', name: 'Level', unit: 'dBFS', min: -120, max: 0, default: -18, role: 'level' }),
    ],
    reports: [],
  },
  filters: ({ parameter, sampleRate, layout, channels }) => {
    const sine = `${gainOf(parameter('level'))}*sin(2*PI*${parameter('frequency')}*n/${sampleRate})`;
    return `aevalsrc=exprs='${Array(channels).fill(sine).join('|')}':s=${sampleRate}:c=${layout}`;
  },
};

/** Every model; to add one is one line. */
export const MODELS: ReadonlyMap<string, Entry> = new Map([gain, tone].map((entry) => [entry.model.id, entry]));

/** The value of a parameter of an instance as a number. Throws ENGINE_UNABLE for one value per channel. */
export function parameterOf(name: string, { parameters = {} }: Instance, parameter: Parameter): number {
  const value = Object.hasOwn(parameters, parameter.id) ? parameters[parameter.id]! : parameter.default;
  if (Array.isArray(value)) throw unable(`set '${parameter.id}' of '${name}' for each channel`);
  return Number(value as Value);
}
