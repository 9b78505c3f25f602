import type { Driver, Model } from '@audiocloud/api';
import t from 'tap';
import { incomingReader } from './incoming-reader.ts';
import { ReportDecoder } from './report-decoder.ts';
import { boxModel } from './testing/box-model.ts';

const model = boxModel({
  parameters: [],
  reports: [
    {
      id: 'level',
      name: 'Level',
      unit: 'dB',
      range: { kind: 'continuous', min: -60, max: 0 },
      scope: { kind: 'count', count: 2 },
    },
    { id: 'clip', name: 'Clip', unit: 'toggle', range: { kind: 'toggle' } },
  ],
});
const driver = (adapter: string, reports: Driver['reports']): Driver => ({
  model: 'acme:box',
  adapter,
  port: { name: 'Box' },
  parameters: {},
  reports,
});
/** Bytes in, reports out, as a session joins the two. */
function reportDecoder(of: Model, driver: Driver) {
  const reader = incomingReader(driver);
  const decoder = new ReportDecoder(of, driver);
  return {
    push: (bytes: Uint8Array) => [...reader.push(bytes)].flatMap((incoming) => decoder.read(incoming)),
    get garbage() {
      return reader.garbage + decoder.garbage;
    },
  };
}
const map = [
  { value: false, wire: 0 },
  { value: true, wire: 127 },
];

t.test('controllers become reports, 7 bits and 14', async (t) => {
  const rescale = { from: [0, 16383] as [number, number], to: [-60, 0] as [number, number] };
  const decoder = reportDecoder(
    model,
    driver('midi', {
      level: [1, 2].map((channel) => ({ cc: { channel, controller: 4, bits: 14 as const }, rescale })),
      clip: { cc: { channel: 1, controller: 80 }, map },
    }),
  );
  t.same(decoder.push(Buffer.from('b0047f', 'hex')), [], 'the upper half alone is no value');
  t.same(decoder.push(Buffer.from('b0247f', 'hex')), [{ report: 'level', index: 0, value: 0 }]);
  t.same(decoder.push(Buffer.from('b10400b12400b0507f', 'hex')), [
    { report: 'level', index: 1, value: -60 },
    { report: 'clip', index: 0, value: true },
  ]);
  t.equal(decoder.garbage, 0);
  t.same(decoder.push(Buffer.from('b05001', 'hex')), [], 'a value that the map does not have');
  t.equal(decoder.garbage, 3);
});

t.test('lines become reports, clamped to the range', async (t) => {
  const decoder = reportDecoder(
    model,
    driver('serial', {
      level: [{ line: 'L1={value}' }, { line: 'L2={value}' }],
      clip: {
        line: 'CLIP {value}',
        map: [
          { value: false, wire: 'NO' },
          { value: true, wire: 1 },
        ],
      },
    }),
  );
  t.same(decoder.push(Buffer.from('L1=-3.5\r\nL2=12\r\nCLIP 1\nCLIP NO\n')), [
    { report: 'level', index: 0, value: -3.5 },
    { report: 'level', index: 1, value: 0 },
    { report: 'clip', index: 0, value: true },
    { report: 'clip', index: 0, value: false },
  ]);
  t.equal(decoder.garbage, 0);
  t.same(decoder.push(Buffer.from('CLIP YES\nL1=NaN\nnoise\n')), []);
  t.equal(decoder.garbage, 'CLIP YESL1=NaNnoise'.length);
});
