import type { Mapping, Parameter, Value } from '@audiocloud/api';
import t from 'tap';
import { DeviceEncoder } from './device-encoder.ts';

const gain: Parameter = {
  id: 'gainDb',
  name: 'Gain',
  unit: 'dB',
  range: { kind: 'continuous', min: -10, max: 10 },
  default: 0,
};
const mode: Parameter = {
  id: 'mode',
  name: 'Mode',
  unit: 'none',
  range: { kind: 'list', values: [{ value: 'off' }, { value: 4 }] },
  default: 4,
};
const on: Parameter = { id: 'on', name: 'On', unit: 'toggle', range: { kind: 'toggle' }, default: false };
/** The bytes of one value of a device that has this parameter alone. */
function encodeValue(parameter: Parameter, mapping: Mapping, value: Value): Uint8Array {
  const model = {
    id: 'acme:box',
    version: '1.0.0',
    name: 'Box',
    category: 'tool' as const,
    inputs: [],
    outputs: [],
    parameters: [parameter],
    reports: [],
  };
  const driver = {
    model: model.id,
    adapter: 'any',
    port: { name: 'Box' },
    parameters: { [parameter.id]: mapping },
    reports: {},
  };
  const encoder = new DeviceEncoder(model, driver);
  return encoder.encode(0, 0, encoder.wire(0, 0, value)).bytes;
}
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

t.test('a value outside of the range is clamped before it becomes bytes', async (t) => {
  const line: Mapping = { line: 'G {value};', decimals: 2 };
  t.equal(text(encodeValue(gain, line, 3.1276)), 'G 3.13;');
  t.equal(text(encodeValue(gain, line, 1e9)), 'G 10.00;');
  t.equal(text(encodeValue(gain, line, -Infinity)), 'G -10.00;');
  const cc: Mapping = { cc: { channel: 3, controller: 7 }, rescale: { from: [-10, 10], to: [0, 127] } };
  t.equal(hex(encodeValue(gain, cc, 11)), 'b2077f');
  t.equal(hex(encodeValue(gain, cc, -11)), 'b20700');
});

t.test('14 bits and falling scales', async (t) => {
  const cc: Mapping = { cc: { channel: 1, controller: 0, bits: 14 }, rescale: { from: [-10, 10], to: [16383, 0] } };
  t.equal(hex(encodeValue(gain, cc, -10)), 'b0007fb0207f');
  t.equal(hex(encodeValue(gain, cc, 10)), 'b00000b02000');
  t.equal(hex(encodeValue(gain, cc, 0)), 'b00040b02000'); // 8191.5 is rounded up to 8192 = 64 * 128
});

t.test('lists and toggles stand as their map says', async (t) => {
  const words: Mapping = {
    line: 'M {value}\n',
    map: [
      { value: 'off', wire: 'RGST' },
      { value: 4, wire: 0.5 },
    ],
  };
  t.equal(text(encodeValue(mode, words, 'off')), 'M RGST\n');
  t.equal(text(encodeValue(mode, words, 4)), 'M 0.5\n');
  const bits: Mapping = {
    cc: { channel: 1, controller: 80 },
    map: [
      { value: false, wire: 0 },
      { value: true, wire: 127 },
    ],
  };
  t.equal(hex(encodeValue(on, bits, true)), 'b0507f');
});

t.test('what is no value of the parameter is refused', async (t) => {
  t.throws(() => encodeValue(gain, { line: 'G {value}' }, Number.NaN), { code: 'PARAMETER_VALUE' });
  t.throws(() => encodeValue(gain, { line: 'G {value}' }, '1; RESET'), { code: 'PARAMETER_VALUE' });
  t.throws(() => encodeValue(mode, { line: 'M {value}', map: [] }, 5), { code: 'PARAMETER_VALUE' });
});
