import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { lintDevicePackage } from '../device-package.ts';
import { LINT_CHECKS, type LintCheck } from './lint-checks.ts';
import { modelMistakes } from './model.ts';

const MODEL = `id: acme:box
version: 1.0.0
name: Box
category: tool
inputs:
  - { id: in, kind: audio, channels: { min: 1, max: 2, default: 2 } }
outputs: []
parameters:
  - { id: gainDb, name: Gain, unit: dB, range: { kind: continuous, min: -5, max: 5 }, default: 0, taper: linear }
  - { id: steps, name: Steps, unit: none, range: { kind: stepped, min: 0, max: 10, step: 1 }, default: 0 }
  - { id: mode, name: Mode, unit: none, range: { kind: list, values: [{ value: "off" }, { value: 4 }] }, default: 4 }
  - { id: power, name: Power, unit: toggle, range: { kind: toggle }, default: false }
reports:
  - { id: level, name: Level, unit: dB, range: { kind: continuous, min: -20, max: 10 } }
presets:
  - { id: loud, name: Loud, parameters: { gainDb: 5 } }
`;

const MEDIUM = `media:
  lengthSeconds: 60
  transport: { parameter: mode, stop: "off", run: 4, rewind: 4, state: doing, idle: still, running: busy, position: place }
`;
const PLAYER = MODEL.replace(
  'reports:',
  `reports:
  - { id: doing, name: Doing, unit: none, range: { kind: list, values: [{ value: still }, { value: busy }] } }
  - { id: place, name: Place, unit: s, range: { kind: continuous, min: 0, max: 60 } }`,
).concat(MEDIUM);

/** A driver without a mistake for each thing that adapters carry. */
const PLAIN = {
  lines: String.raw`model: acme:box
adapter: serial
port: { serialNumber: "BOX*" }
settings: { baudRate: 9600 }
delimiter: "\r\n"
await: { line: "OK{skip}", refused: "ERR", withinMs: 100 }
polling:
  - { everyMs: 500, line: "LEVEL?\r\n" }
lostAfterMs: 2000
parameters:
  gainDb: { line: "GAIN {value}\r\n", decimals: 1 }
  steps: { line: "STEPS {value}\r\n" }
  mode: { line: "MODE {value}\r\n", map: [{ value: "off", wire: OFF }, { value: 4, wire: 4 }] }
  power: { line: "POWER {value}\r\n", map: index }
reports:
  level: { line: "LEVEL {value}" }
safe: { power: false, steps: 3 }
`,
  packets: `model: acme:box
adapter: usb-hid
port: { product: Box }
pages:
  out: { size: 16, header: [0, 1], checksum: { kind: sum, from: 0, to: 13, at: 14 } }
  in: { size: 8, use: read, header: [0, 2] }
await: { page: in, withinMs: 100 }
parameters:
  gainDb: { page: { in: out, at: 2, type: u16, order: big }, rescale: { from: [-5, 5], to: [0, 1000] } }
  steps: { page: { in: out, at: 4 } }
  mode: { page: { in: out, oneHot: [{ byte: 5, from: 0, to: 1 }] }, map: index }
  power: { page: { in: out, at: 6, bit: 0 }, map: index }
reports:
  level: { page: { in: in, at: 2 }, expression: x / 10 - 20 }
`,
  frames: `model: acme:box
adapter: serial
port: { serialNumber: "BOX*" }
settings: { baudRate: 9600 }
pages:
  out: { size: 8, header: [1] }
  in: { size: 4, use: read, header: [2] }
parameters:
  gainDb: { frame: { in: out, at: 2, type: i16, order: little } }
  steps: { frame: { in: out, at: 4 } }
  mode: { frame: { in: out, at: 5 }, map: index }
  power: { frame: { in: out, at: 6, bit: 0 }, map: index }
reports:
  level: { frame: { in: in, at: 2, type: i8 } }
`,
  midi: `model: acme:box
adapter: midi
port: { name: Box }
pages:
  dump: { size: 6, use: read, header: [0xf0, 0x41], tail: [0xf7] }
parameters:
  gainDb: { cc: { channel: 1, controller: 3, bits: 14 }, rescale: { from: [-5, 5], to: [0, 16383] } }
  steps: { nrpn: { channel: 1, number: 5, bits: 7 } }
  mode: { program: { channel: 1 }, map: index }
  power: { note: { channel: 1, note: 60 }, map: [{ value: false, wire: 0 }, { value: true, wire: 127 }] }
reports:
  level: { sysex: { in: dump, bits: [{ byte: 3, from: 6, to: 0 }] }, expression: x - 20 }
`,
  osc: `model: acme:box
adapter: osc
port: { host: box.local, port: "9000" }
settings: { transport: udp }
parameters:
  gainDb: { osc: { address: /box/gain, type: f } }
  steps: { osc: { address: /box/steps, type: i } }
  mode: { osc: { address: /box/mode, type: i }, map: [{ value: "off", wire: 0 }, { value: 4, wire: 4 }] }
  power: { osc: { address: /box/power, type: T }, map: [{ value: false, wire: false }, { value: true, wire: true }] }
reports:
  level: { osc: { address: /box/level, type: f } }
`,
  requests: `model: acme:box
adapter: http
port: { host: box.local, port: "80" }
polling:
  - { everyMs: 500, request: { path: /state } }
parameters:
  gainDb: { request: { path: "/gain/{value}" } }
  steps: { request: { path: /steps, body: { steps: "{value}" } } }
  mode: { request: { path: "/mode/{value}" }, map: [{ value: "off", wire: none }, { value: 4, wire: four }] }
  power: { request: { path: "/power/{value}" }, map: index }
reports:
  level: { request: { path: /state, pointer: /level } }
`,
};
const DELIVERY = String.raw`gapMs: 5
delivery:
  gainDb: { gapMs: 10, ramp: { step: 0.5, everyMs: 20 }, readBack: { report: level, tolerance: 0.1, withinMs: 600, resends: 2 } }
  steps: { ramp: { step: 2, everyMs: 50 }, readBack: { report: level, ask: { line: "STEPS?\r\n" }, withinMs: 200, resends: 0 } }
parameters:`;
const SAFETY = `safe: { gainDb: 0, power: false, steps: 3 }
stays:
  power: { onMs: 200, offMs: 500 }
interlocks:
  - { name: mode first, before: { parameter: power, is: true }, must: { parameter: mode, is: 4, forMs: 100 } }
  - { name: soft start, before: { parameter: power, is: true }, must: { parameter: steps, atMost: 3 }, atTurn: true }
  - { name: warm, before: { parameter: gainDb, atLeast: 1 }, must: { parameter: power, is: true, forMs: 100 } }
parameters:`;
const DRIVERS = {
  ...PLAIN,
  safety: PLAIN.lines.replace('safe: { power: false, steps: 3 }\n', '').replace('parameters:', () => SAFETY),
  delivery: PLAIN.lines.replace('parameters:', () => DELIVERY),
  numbers: PLAIN.midi.replace('note: { channel: 1, note: 60 }', 'rpn: { channel: 1, number: 5, bits: 7 }'),
};
type Base = keyof typeof DRIVERS;

/** A mistake: what it is put into, what is replaced by what, and a text that stands on the line which must be named. */
type Case = [check: LintCheck, base: Base | 'model', from: string, to: string, line: string];
const STEPS = String.raw`steps: { line: "STEPS {value}\r\n" }`;
const PAGE_STEPS = 'steps: { page: { in: out, at: 4 } }';
const CASES: Case[] = [
  // The mistakes of real device files.
  ['same-wire', 'packets', PAGE_STEPS, 'steps: { page: { in: out, at: 3 } }', 'steps:'],
  ['same-wire', 'numbers', 'controller: 3', 'controller: 6', 'steps:'],
  ['same-wire', 'midi', 'note: { channel: 1, note: 60 }', 'cc: { channel: 1, controller: 100 }', 'power:'],
  [
    'same-wire',
    'midi',
    'program: { channel: 1 }, map: index }\n  power: { note: { channel: 1, note: 60 }',
    'program: { channel: 1, bank: 2 }, map: index }\n  power: { cc: { channel: 1, controller: 32 }',
    'power:',
  ],
  ['rescale-travel', 'packets', 'from: [-5, 5]', 'from: [-10, 10]', 'gainDb:'],
  ['parameter-unknown', 'packets', '  steps:', '  lfX2:', 'lfX2:'],
  ['parameter-unmapped', 'packets', `  ${PAGE_STEPS}\n`, '', 'parameters:'],
  ['report-unknown', 'packets', '  level:', '  levle:', 'levle:'],
  ['report-unmapped', 'packets', '  level:', '  levle:', 'reports:'],
  ['range-order', 'model', 'min: -5, max: 5', 'min: 5, max: -5', 'gainDb'],
  ['yaml-anchor', 'packets', '{ product: Box }', '*nowhere', 'port:'],
  ['unknown-key', 'packets', 'size: 16,', 'size: 16, pageMask: 255,', 'out: {'],
  ['byte-position', 'packets', PAGE_STEPS, 'steps: { page: { in: out, at: 4-5 } }', 'steps:'],
  ['page-unknown', 'packets', '{ in: in, at: 2 }', '{ in: meters, at: 2 }', 'level:'],
  [
    'unit-spelling',
    'model',
    'unit: dB, range: { kind: continuous, min: -5',
    'unit: db, range: { kind: continuous, min: -5',
    'gainDb',
  ],
  ['default-outside', 'model', 'default: 4', 'default: 5', 'id: mode'],
  ['map-value-missing', 'lines', '{ value: "off", wire: OFF }, ', '', 'mode:'],
  ['map-value-unknown', 'lines', 'wire: 4 }', 'wire: 4 }, { value: 9, wire: 9 }', 'mode:'],
  // Files and forms.
  ['yaml-syntax', 'lines', '{ baudRate: 9600 }', '{ baudRate: 9600 } }', 'settings:'],
  ['yaml-key-twice', 'lines', 'lostAfterMs: 2000', 'lostAfterMs: 2000\nlostAfterMs: 3000', 'lostAfterMs: 3000'],
  ['shape', 'lines', 'everyMs: 500', 'everyMs: often', 'everyMs'],
  // The model.
  ['range-steps', 'model', 'step: 1 }', 'step: 3 }', 'id: steps'],
  ['id-twice', 'model', 'id: steps', 'id: gainDb', 'name: Steps'],
  ['list-value-twice', 'model', '{ value: 4 }', '{ value: "off" }', 'id: mode'],
  ['toggle-unit', 'model', 'unit: toggle', 'unit: none', 'id: power'],
  ['taper-range', 'model', 'taper: linear', 'taper: log', 'gainDb'],
  ['port-channels', 'model', 'default: 2', 'default: 3', 'id: in'],
  ['medium-transport', 'model', 'presets:', `${MEDIUM}presets:`, 'transport:'],
  ['preset-value', 'model', '{ gainDb: 5 }', '{ gainDb: 6 }', 'id: loud'],
  // Names and adapter.
  ['driver-model', 'lines', 'model: acme:box', 'model: acme:bok', 'model:'],
  [
    'value-count',
    'packets',
    PAGE_STEPS,
    'steps: [{ page: { in: out, at: 4 } }, { page: { in: out, at: 7 } }]',
    'steps:',
  ],
  ['mapping-kind', 'lines', STEPS, 'steps: { decimals: 1 }', 'steps:'],
  ['carries', 'lines', STEPS, 'steps: { cc: { channel: 1, controller: 1 } }', 'steps:'],
  ['settings', 'lines', 'baudRate: 9600', 'speed: 9600', 'settings:'],
  ['port-number', 'lines', 'serialNumber: "BOX*"', 'path: /dev/ttyUSB0', 'port:'],
  ['port-any', 'lines', '"BOX*"', '"*"', 'port:'],
  ['stream-mixed', 'lines', STEPS, 'steps: { frame: { in: out, at: 1 } }', 'steps:'],
  ['stream-mixed', 'lines', 'line: "OK{skip}", refused: "ERR"', 'page: ok', 'await:'],
  ['delimiter-unused', 'frames', 'settings:', 'delimiter: ";"\nsettings:', 'delimiter:'],
  // Values.
  ['map-missing', 'lines', ', map: index', '', 'power:'],
  ['map-value-twice', 'lines', 'wire: 4 }', 'wire: 4 }, { value: 4, wire: 9 }', 'mode:'],
  ['map-wire', 'lines', 'wire: OFF', 'wire: "Öff"', 'mode:'],
  ['map-wire-twice', 'lines', 'wire: OFF', 'wire: 4', 'mode:'],
  ['map-on-range', 'packets', PAGE_STEPS, 'steps: { page: { in: out, at: 4 }, map: index }', 'steps:'],
  ['rescale-on-list', 'packets', 'bit: 0 }', 'bit: 0 }, rescale: { from: [0, 1], to: [0, 1] }', 'power:'],
  ['rescale-width', 'packets', 'to: [0, 1000]', 'to: [7, 7]', 'gainDb:'],
  ['wire-range', 'packets', 'to: [0, 1000]', 'to: [0, 70000]', 'gainDb:'],
  [
    'steps-lost',
    'packets',
    PAGE_STEPS,
    'steps: { page: { in: out, at: 4 }, rescale: { from: [0, 10], to: [0, 5] } }',
    'steps:',
  ],
  ['clamp-order', 'packets', PAGE_STEPS, 'steps: { page: { in: out, at: 4 }, clamp: [5, 1] }', 'steps:'],
  ['expression-syntax', 'packets', 'x / 10 - 20', 'x / (10 - 20', 'level:'],
  ['expression-name', 'packets', 'x / 10 - 20', 'process.exit(x)', 'level:'],
  ['expression-size', 'packets', 'x / 10 - 20', `x${' + 1'.repeat(40)}`, 'level:'],
  ['expression-result', 'packets', 'x / 10 - 20', 'x / 10 + 20', 'level:'],
  // MIDI.
  ['cc-14-bits', 'midi', 'controller: 3', 'controller: 40', 'gainDb:'],
  ['sysex-ends', 'midi', '[0xf0, 0x41]', '[0x41]', 'dump:'],
  ['sysex-7-bits', 'midi', 'from: 6', 'from: 7', 'level:'],
  // Lines.
  ['line-place', 'lines', 'STEPS {value}', 'STEPS {steps}', 'steps:'],
  ['line-skip', 'lines', 'STEPS {value}', 'STEPS {skip}={value}', 'steps:'],
  ['line-end', 'lines', '"LEVEL {value}"', String.raw`"LEVEL {value}\r\n"`, 'level:'],
  ['line-escape', 'lines', String.raw`"STEPS {value}\r\n"`, String.raw`'STEPS {value}\r\n'`, 'steps:'],
  ['line-digits', 'lines', '"LEVEL {value}"', '"LEVEL {value}", decimals: 1', 'level:'],
  // Bytes.
  ['byte-order', 'packets', ', order: big', '', 'gainDb:'],
  ['field-shape', 'packets', 'bit: 0', 'bit: 0, type: u8', 'power:'],
  ['field-twice', 'packets', 'from: 0, to: 1 }', 'from: 0, to: 1 }, { byte: 5, from: 1, to: 2 }', 'mode:'],
  [
    'field-bits',
    'packets',
    PAGE_STEPS,
    `steps: { page: { in: out, bits: [${[2, 3, 4, 5, 6, 7, 8, 9, 10].map((byte) => `{ byte: ${byte}, from: 7, to: 0 }`).join(', ')}] } }`,
    'steps:',
  ],
  ['field-beyond-page', 'packets', PAGE_STEPS, 'steps: { page: { in: out, at: 16 } }', 'steps:'],
  ['field-in-frame', 'packets', PAGE_STEPS, 'steps: { page: { in: out, at: 14 } }', 'steps:'],
  ['one-hot-inverted', 'packets', 'to: 1 }]', 'to: 1 }], inverted: [2]', 'mode:'],
  ['page-use', 'packets', '{ in: in, at: 2 }', '{ in: out, at: 7 }', 'level:'],
  ['page-unused', 'packets', 'pages:', 'pages:\n  spare: { size: 4 }', 'spare:'],
  ['page-room', 'packets', 'size: 8', 'size: 1', '  in: {'],
  ['page-ambiguous', 'packets', 'await:', '  again: { size: 8, use: read, header: [0, 2] }\nawait:', 'again:'],
  ['page-header', 'frames', ', header: [2]', '', '  in: {'],
  ['page-base', 'packets', 'size: 16,', 'size: 16, base: { ask: [0, 3], withinMs: 100 },', 'out: {'],
  ['checksum-range', 'packets', 'to: 13', 'to: 16', 'out: {'],
  ['checksum-place', 'packets', 'at: 14', 'at: 13', 'out: {'],
  ['checksum-order', 'packets', 'kind: sum', 'kind: sum-16', 'out: {'],
  // OSC and HTTP.
  ['osc-address', 'osc', '/box/steps', 'box/steps', 'steps:'],
  ['osc-type', 'osc', 'wire: 4', 'wire: four', 'mode:'],
  ['request-path', 'requests', '/steps,', 'steps,', 'steps:'],
  ['request-place', 'requests', '"{value}" }', '1 }', 'steps:'],
  ['request-pointer', 'requests', 'pointer: /level', 'pointer: level', 'level:'],
  ['request-direction', 'requests', 'pointer: /level', 'pointer: /level, body: 1', 'level:'],
  // Exchange.
  ['await-way', 'lines', 'line: "OK{skip}"', 'osc: /ok', 'await:'],
  ['await-page', 'packets', 'await: { page: in', 'await: { page: out', 'await:'],
  ['poll-way', 'lines', String.raw`line: "LEVEL?\r\n"`, 'osc: /level', 'everyMs'],
  ['poll-page', 'packets', 'await:', 'polling:\n  - { everyMs: 500, page: in }\nawait:', 'everyMs'],
  ['poll-unread', 'lines', 'reports:\n  level: { line: "LEVEL {value}" }', 'reports: {}', 'everyMs'],
  ['lost-too-soon', 'lines', 'lostAfterMs: 2000', 'lostAfterMs: 500', 'lostAfterMs'],
  // Delivery.
  ['delivery-unknown', 'delivery', '  gainDb: { gapMs', '  gain: { gapMs', 'gain: {'],
  ['gap-unused', 'delivery', 'gapMs: 10', 'gapMs: 5', 'gainDb: {'],
  ['gap-too-long', 'delivery', 'gapMs: 5', 'gapMs: 500', 'gapMs: 500'],
  ['ramp-on-list', 'delivery', '  steps: { ramp', '  mode: { ramp', 'mode: { ramp'],
  ['ramp-step', 'delivery', 'step: 2', 'step: 2.5', 'steps: { ramp'],
  ['ramp-step', 'delivery', 'step: 0.5', 'step: 10', 'gainDb: {'],
  ['ramp-too-long', 'delivery', 'step: 0.5, everyMs: 20', 'step: 0.001, everyMs: 20', 'gainDb: {'],
  ['ramp-gap', 'delivery', 'gapMs: 10', 'gapMs: 25', 'gainDb: {'],
  ['read-back-report', 'delivery', 'report: level, ask', 'report: steps, ask', 'steps: { ramp'],
  [
    'read-back-report',
    'delivery',
    '  gainDb: { gapMs: 10, ramp: { step: 0.5, everyMs: 20 }',
    '  power: { gapMs: 10',
    'power: {',
  ],
  ['read-back-tolerance', 'delivery', 'tolerance: 0.1, ', '', 'gainDb: {'],
  ['read-back-tolerance', 'delivery', 'tolerance: 0.1', 'tolerance: 5', 'gainDb: {'],
  ['read-back-late', 'delivery', 'withinMs: 600', 'withinMs: 500', 'gainDb: {'],
  ['poll-way', 'delivery', String.raw`ask: { line: "STEPS?\r\n" }`, 'ask: { osc: /steps }', 'steps: { ramp'],
  // Safe values.
  ['safe-parameter', 'lines', 'safe: { power', 'safe: { powr', 'safe:'],
  ['safe-value', 'lines', 'safe: { power: false', 'safe: { power: "off"', 'safe:'],
  ['safe-value', 'lines', 'steps: 3', 'steps: [3, 4]', 'safe:'],
  // Interlocks.
  ['safe-late', 'safety', 'onMs: 200', 'onMs: 2000', 'safe:'],
  ['safe-late', 'lines', 'withinMs: 100', 'withinMs: 900', 'safe:'],
  ['interlock-parameter', 'safety', 'parameter: mode, is', 'parameter: moed, is', 'name: mode first'],
  ['interlock-name', 'safety', 'name: warm', 'name: soft start', 'gainDb, atLeast'],
  [
    'interlock-same',
    'safety',
    'must: { parameter: mode, is: 4',
    'must: { parameter: power, is: true',
    'name: mode first',
  ],
  ['interlock-condition', 'safety', 'atLeast: 1', 'is: 1', 'name: warm'],
  ['interlock-condition', 'safety', 'atLeast: 1', 'atLeast: 6', 'name: warm'],
  ['interlock-condition', 'safety', 'atLeast: 1', 'atLeast: -5', 'name: warm'],
  ['interlock-condition', 'safety', 'mode, is: 4', 'mode, is: [4, "off"]', 'name: mode first'],
  ['interlock-condition', 'safety', 'mode, is: 4', 'mode, is: 5', 'name: mode first'],
  ['interlock-default', 'safety', 'atLeast: 1', 'atLeast: 0', 'name: warm'],
  ['interlock-safe', 'safety', 'steps: 3', 'steps: 4', 'name: soft start'],
  ['interlock-safe', 'safety', 'gainDb: 0, ', '', 'name: warm'],
  ['interlock-safe', 'safety', 'gainDb: 0, ', 'gainDb: 2, ', 'name: warm'],
  ['interlock-cycle', 'safety', 'mode, is: 4', 'gainDb, atLeast: 2', 'name: mode first'],
  ['interlock-page', 'packets', 'pages:', 'stays: { power: { onMs: 5 } }\npages:', 'power: { page'],
  ['stay-parameter', 'safety', '  power: { onMs', '  gainDb: { onMs', 'gainDb: { onMs'],
];

let packages = 0;
const root = mkdtempSync(join(tmpdir(), 'audiocloud-lint-'));
t.teardown(() => rmSync(root, { recursive: true }));

async function lint(model: string, driver: string) {
  const folder = join(root, String(packages++));
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'audiocloud.json'),
    '{ "kind": "device", "models": ["model.yaml"], "drivers": ["driver.yaml"] }',
  );
  writeFileSync(join(folder, 'model.yaml'), model);
  writeFileSync(join(folder, 'driver.yaml'), driver);
  const { modelProblems, driverProblems } = await lintDevicePackage(folder);
  return [...modelProblems, ...driverProblems].map(({ file, ...problem }) => ({
    ...problem,
    file: file.slice(folder.length + 1),
  }));
}

t.test('a medium is moved by what its model has', async (t) => {
  const found = async (from: string, to: string) =>
    [...modelMistakes(parse(PLAYER.replace(from, to)))].map(({ check, place }) => `${check} ${place}`);
  t.same(await found('', ''), []);
  const bad = (key: string) => [`medium-transport /media/transport/${key}`];
  t.same(await found('parameter: mode', 'parameter: moed'), bad('parameter'));
  t.same(await found('parameter: mode', 'parameter: gainDb'), bad('parameter'));
  t.same(await found('run: 4', 'run: 5'), bad('run'));
  t.same(await found('idle: still', 'idle: idle'), bad('idle'));
  t.same(await found('position: place', 'position: level'), bad('position'));
});

t.test('drivers without a mistake pass', async (t) => {
  for (const [name, driver] of Object.entries(DRIVERS)) t.same(await lint(MODEL, driver), [], name);
});

t.test('every check has a bad file, and the file its line', async (t) => {
  t.same(
    Object.keys(LINT_CHECKS).filter((check) => !CASES.some(([one]) => one === check)),
    [],
  );
  for (const [check, base, from, to, text] of CASES) {
    const good = base === 'model' ? MODEL : DRIVERS[base];
    const bad = good.replace(from, () => to);
    t.not(bad, good, `${check} changes its file`);
    const line = bad.split('\n').findIndex((one) => one.includes(text)) + 1;
    const found = await lint(base === 'model' ? bad : MODEL, base === 'model' ? DRIVERS.lines : bad);
    const file = base === 'model' ? 'model.yaml' : 'driver.yaml';
    const told = found.filter((problem) => problem.check === check && problem.line === line && problem.file === file);
    t.ok(told.length > 0, `${check} at line ${line}: ${JSON.stringify(found)}`);
    for (const { message, mend } of told) t.ok(message && mend, `${check} says what is wrong and how to mend it`);
  }
});

t.test('anchors and merge keys may be used, and a mistake in one is told where it stands', async (t) => {
  const driver = DRIVERS.packets
    .replace('pages:', 'pages: &pages')
    .replace('{ in: out, at: 4 }', '&field { in: out, at: 4 }')
    .replace('{ in: out, at: 6, bit: 0 }', '{ <<: *field, at: 6, bit: 0 }');
  t.same(await lint(MODEL, driver), []);
});
