import type { Driver, Model } from '@audiocloud/api';
import type { AmpValues } from './watched-amp.ts';

const toggle = (id: string, isOn = false) => ({
  ...{ id, name: id, unit: 'toggle' as const, range: { kind: 'toggle' as const }, default: isOn },
});

export const AMP: Model = {
  id: 'acme:amp',
  version: '1.0.0',
  name: 'Amplifier',
  category: 'amplifier',
  inputs: [],
  outputs: [],
  parameters: [
    { id: 'gain', name: 'Gain', unit: 'dB', range: { kind: 'continuous', min: -20, max: 20 }, default: 0 },
    { id: 'level', name: 'Level', unit: 'none', range: { kind: 'stepped', min: 0, max: 10, step: 1 }, default: 0 },
    toggle('mains'),
    { ...toggle('phantom'), scope: { kind: 'count', count: 2 } },
    toggle('mute', true),
  ],
  reports: [],
};

const RULES: Pick<Driver, 'safe' | 'delivery' | 'interlocks' | 'stays'> = {
  safe: { mute: true, phantom: false, mains: false },
  delivery: { gain: { ramp: { step: 2, everyMs: 20 } }, level: { gapMs: 50 } },
  stays: { mains: { onMs: 300, offMs: 200 } },
  interlocks: [
    {
      name: 'mains before phantom',
      before: { parameter: 'phantom', is: true },
      must: { parameter: 'mains', is: true, forMs: 500 },
    },
    {
      name: 'warm-up before unmute',
      before: { parameter: 'mute', is: false },
      must: { parameter: 'mains', is: true, forMs: 1000 },
    },
    {
      name: 'mute before mains',
      before: { parameter: 'mains', is: true },
      must: { parameter: 'mute', is: true },
      atTurn: true,
    },
  ],
};

/** Lines of text, each answered. */
export const LINES: Driver = {
  ...RULES,
  model: AMP.id,
  adapter: 'serial',
  port: { serialNumber: 'lines' },
  settings: { baudRate: 9600 },
  await: { line: 'OK', refused: 'ERR', withinMs: 400 },
  parameters: {
    gain: { line: 'gain {value}\n', decimals: 2 },
    level: { line: 'level {value}\n' },
    mains: { line: 'mains {value}\n', map: 'index' },
    phantom: [
      { line: 'phantom 0 {value}\n', map: 'index' },
      { line: 'phantom 1 {value}\n', map: 'index' },
    ],
    mute: { line: 'mute {value}\n', map: 'index' },
  },
  reports: {},
};

const bit = (at: number) => ({ page: { in: 'all', at: 5, bit: at }, map: 'index' as const });

/** One page with all of it. */
export const PAGES: Driver = {
  ...RULES,
  model: AMP.id,
  adapter: 'usb-hid',
  port: { serialNumber: 'pages' },
  pages: { all: { size: 6, header: [0, 1] } },
  parameters: {
    gain: { page: { in: 'all', at: 2, type: 'u16', order: 'big' }, expression: 'round((x + 20) * 100)' },
    level: { page: { in: 'all', at: 4 } },
    mains: bit(0),
    phantom: [bit(1), bit(2)],
    mute: bit(3),
  },
  reports: {},
};

/** What a write says, as the amplifier reads it. */
export function ampValues(bytes: Uint8Array): AmpValues {
  if (bytes[0] === 0 && bytes.length === 6) {
    const is = (at: number) => ((bytes[5]! >> at) & 1) === 1;
    return {
      gain: ((bytes[2]! << 8) | bytes[3]!) / 100 - 20,
      level: bytes[4]!,
      ...{ mains: is(0), 'phantom 0': is(1), 'phantom 1': is(2), mute: is(3) },
    };
  }
  const words = Buffer.from(bytes).toString('latin1').trim().split(' ');
  const number = Number(words.pop());
  const name = words.join(' ');
  return { [name]: name === 'gain' || name === 'level' ? number : number === 1 };
}
