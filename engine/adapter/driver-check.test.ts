import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { adapterTraits } from './adapter-packages.ts';
import { driverProblems } from './driver-check.ts';
import { boxModel } from './testing/box-model.ts';

const DEVICES = join(import.meta.dirname, '../../plugins/devices');
const read = (path: string) => parse(readFileSync(join(DEVICES, path), 'utf8'));

const base = boxModel({
  parameters: [
    { id: 'gainDb', name: 'Gain', unit: 'dB', range: { kind: 'continuous', min: -5, max: 5 }, default: 0 },
    {
      id: 'mode',
      name: 'Mode',
      unit: 'none',
      range: { kind: 'list', values: [{ value: 'off' }, { value: 4 }] },
      default: 4,
    },
    { id: 'on', name: 'On', unit: 'toggle', range: { kind: 'toggle' }, default: false },
    {
      id: 'pan',
      name: 'Pan',
      unit: 'none',
      range: { kind: 'continuous', min: 0, max: 1 },
      default: 0,
      scope: { kind: 'count', count: 2 },
    },
  ],
  reports: [{ id: 'level', name: 'Level', unit: 'dB', range: { kind: 'continuous', min: -20, max: 3 } }],
});

/** A driver without a mistake, to put one mistake into. */
const sound = () => ({
  model: 'acme:box',
  adapter: 'midi',
  port: { name: 'Box' } as Record<string, string>,
  parameters: {
    gainDb: { cc: { channel: 1, controller: 3, bits: 14 }, rescale: { from: [-5, 5], to: [0, 16383] } },
    mode: {
      cc: { channel: 1, controller: 20 },
      map: [
        { value: 'off', wire: 0 },
        { value: 4, wire: 127 },
      ],
    },
    on: {
      cc: { channel: 1, controller: 21 },
      map: [
        { value: false, wire: 0 },
        { value: true, wire: 127 },
      ],
    },
    pan: [1, 2].map((channel) => ({ cc: { channel, controller: 10 }, rescale: { from: [0, 1], to: [0, 127] } })),
  },
  reports: { level: { cc: { channel: 1, controller: 22 }, rescale: { from: [0, 127], to: [-20, 3] } } },
});
const soundSerial = () => ({
  model: 'acme:box',
  adapter: 'serial',
  port: { path: '/dev/box' },
  settings: { baudRate: 9600 } as Record<string, unknown>,
  parameters: {
    gainDb: { line: 'GAIN {value}\r\n', decimals: 1 },
    mode: {
      line: 'MODE {value}\r\n',
      map: [
        { value: 'off', wire: 'OFF' },
        { value: 4, wire: 4 },
      ],
    },
    on: {
      line: 'ON {value}\r\n',
      map: [
        { value: false, wire: 0 },
        { value: true, wire: 1 },
      ],
    },
    pan: [1, 2].map((n) => ({ line: `PAN${n} {value}\r\n` })),
  },
  reports: { level: { line: 'LEVEL {value}' } },
});

t.test('sound drivers have no problems', async (t) => {
  t.same(driverProblems(sound(), base, adapterTraits('midi')), []);
  t.same(driverProblems(soundSerial(), base, adapterTraits('serial')), []);
  for (const name of ['generic-cc-effect', 'generic-line-preamp']) {
    const driver = read(`${name}/driver.yaml`);
    t.same(driverProblems(driver, read(`${name}/model.yaml`), adapterTraits(driver.adapter)), [], name);
  }
});

// biome-ignore lint/suspicious/noExplicitAny: mistakes do not fit the type
type Spoil = (driver: any) => void;
const MISTAKES: [name: string, place: string, message: RegExp, spoil: Spoil, from?: () => unknown][] = [
  ['no mapping for a parameter', '/parameters', /mode .*no mapping/, (d) => delete d.parameters.mode],
  ['no mapping for a report', '/reports', /level .*no mapping/, (d) => delete d.reports.level],
  [
    'a parameter that is not there',
    '/parameters/gainX',
    /no parameter gainX/,
    (d) => (d.parameters.gainX = d.parameters.on),
  ],
  ['a report that is not there', '/reports/leve', /no report leve/, (d) => (d.reports.leve = d.reports.level)],
  [
    'a name of every object',
    '/parameters/constructor',
    /no parameter/,
    (d) => (d.parameters.constructor = d.parameters.on),
  ],
  [
    'rescale from twice the range',
    '/parameters/gainDb/rescale/from',
    /travel/,
    (d) => (d.parameters.gainDb.rescale.from = [-10, 10]),
  ],
  [
    'rescale from half the range',
    '/parameters/gainDb/rescale/from',
    /travel/,
    (d) => (d.parameters.gainDb.rescale.from = [-5, 0]),
  ],
  [
    'rescale to less than the report',
    '/reports/level/rescale/to',
    /range of the model/,
    (d) => (d.reports.level.rescale.to = [-20, 0]),
  ],
  ['rescale of no width', '/reports/level/rescale/from', /both ends/, (d) => (d.reports.level.rescale.from = [1, 1])],
  ['more than 7 bits', '/parameters/pan/1/rescale/to', /0 to 127/, (d) => (d.parameters.pan[1].rescale.to = [0, 128])],
  ['more than 7 bits without rescale', '/reports/level', /add a rescale/, (d) => delete d.reports.level.rescale],
  ['a list value without entry', '/parameters/mode/map', /"off".*no entry/, (d) => d.parameters.mode.map.shift()],
  [
    'an entry without list value',
    '/parameters/mode/map/2',
    /no value of the model/,
    (d) => d.parameters.mode.map.push({ value: '4', wire: 9 }),
  ],
  [
    'an entry twice',
    '/parameters/mode/map/2',
    /stands twice/,
    (d) => d.parameters.mode.map.push({ value: 4, wire: 9 }),
  ],
  [
    'two values alike on the wire',
    '/parameters/mode/map/1/wire',
    /look the same/,
    (d) => (d.parameters.mode.map[1].wire = 0),
  ],
  ['half a byte', '/parameters/mode/map/1/wire', /whole numbers/, (d) => (d.parameters.mode.map[1].wire = 1.5)],
  ['a list without map', '/parameters/mode', /needs a map/, (d) => delete d.parameters.mode.map],
  [
    'a toggle with rescale',
    '/parameters/on/rescale',
    /use map/,
    (d) => (d.parameters.on.rescale = { from: [0, 1], to: [0, 127] }),
  ],
  [
    'a range with map',
    '/parameters/gainDb/map',
    /use rescale/,
    (d) => (d.parameters.gainDb.map = [{ value: 0, wire: 0 }]),
  ],
  ['too few values', '/parameters/pan', /1 mappings.*2 values/, (d) => d.parameters.pan.pop()],
  [
    'two parameters on one controller',
    '/parameters/on',
    /same controller 20/,
    (d) => (d.parameters.on.cc.controller = 20),
  ],
  [
    'a controller in the lower half of another',
    '/parameters/on',
    /same controller 35/,
    (d) => (d.parameters.on.cc.controller = 35),
  ],
  ['14 bits above 31', '/parameters/gainDb/cc/controller', /0 to 31/, (d) => (d.parameters.gainDb.cc.controller = 40)],
  ['channel 0', '/parameters/on/cc/channel', /1/, (d) => (d.parameters.on.cc.channel = 0)],
  ['channel mode messages', '/parameters/on/cc/controller', /119/, (d) => (d.parameters.on.cc.controller = 123)],
  ['an unknown key in a mapping', '/parameters/on/cc/pageMask', /pageMask/, (d) => (d.parameters.on.cc.pageMask = 1)],
  ['an unknown key', '/parametres', /parametres/, (d) => (d.parametres = {})],
  ['a mapping of no kind', '/parameters/on', /says no kind/, (d) => (d.parameters.on = {})],
  ['another model', '/model', /the model is acme:box/, (d) => (d.model = 'acme:bok')],
  ['no port', '/port', /1/, (d) => (d.port = {})],
  ['a setting that MIDI has not', '/settings/baudRate', /baudRate/, (d) => (d.settings = { baudRate: 9600 })],
  [
    'a line on MIDI',
    '/parameters/on/line',
    /carries midi/,
    ({ parameters }) => (parameters.on = { line: 'ON {value}', map: parameters.on.map }),
  ],
  [
    'a controller on serial',
    '/parameters/on/cc',
    /carries stream/,
    (d) => (d.parameters.on = sound().parameters.on),
    soundSerial,
  ],
  ['no place for the value', '/parameters/on/line', /0 times/, (d) => (d.parameters.on.line = 'ON VALUE'), soundSerial],
  [
    'an unknown place',
    '/parameters/gainDb/line',
    /brace/,
    (d) => (d.parameters.gainDb.line = '{value} {unit}'),
    soundSerial,
  ],
  [
    'a line end to match',
    '/reports/level/line',
    /line end/,
    (d) => (d.reports.level.line = 'LEVEL {value}\r\n'),
    soundSerial,
  ],
  ['decimals of a report', '/reports/level/decimals', /remove/, (d) => (d.reports.level.decimals = 1), soundSerial],
  [
    'a word that is not ASCII',
    '/parameters/mode/map/0/wire',
    /ASCII/,
    (d) => (d.parameters.mode.map[0].wire = 'Öff'),
    soundSerial,
  ],
  [
    'two parameters in one line',
    '/parameters/on',
    /same line/,
    (d) => (d.parameters.on.line = d.parameters.mode.line),
    soundSerial,
  ],
  ['no baud rate', '/settings', /baudRate/, (d) => delete d.settings.baudRate, soundSerial],
  ['an unknown setting', '/settings/speed', /speed/, (d) => (d.settings.speed = 1), soundSerial],
];

for (const [name, place, message, spoil, from = sound] of MISTAKES)
  t.test(`driver-check finds ${name}`, async (t) => {
    const driver = from();
    spoil(driver);
    const problems = driverProblems(driver, base, adapterTraits((driver as { adapter: string }).adapter));
    t.ok(
      problems.some((problem) => problem.place === place && message.test(`${problem.message}; ${problem.mend}`)),
      JSON.stringify(problems),
    );
  });

t.test('driver-check survives what is no driver at all', async (t) => {
  for (const value of [undefined, null, 1, 'x', [], {}, { parameters: 1, reports: [] }, { parameters: { a: null } }])
    t.ok(driverProblems(value, base, undefined).length > 0, JSON.stringify(value));
});
