import {
  type AudioCloudError,
  CcMapping,
  check,
  Driver,
  LineMapping,
  type Mapping,
  MidiSettings,
  type Model,
  type Parameter,
  type Report,
  SerialSettings,
  valueCount,
} from '@audiocloud/api';
import { templateProblem } from './line-template.ts';
import { controllerMax } from './midi-bytes.ts';
import type { Interval } from './rescale.ts';

/** One mistake. place: JSON pointer in the driver. */
export interface DriverProblem {
  place: string;
  message: string;
}

type Kind = 'parameters' | 'reports';
type Problems = Generator<DriverProblem>;

const at = (place: string, message: string): DriverProblem => ({ place, message });

/** Every mistake of a driver for this model, each with its place and what to do. Empty: it may be used. [any] */
export function driverProblems(value: unknown, model: Model): DriverProblem[] {
  const shape = [...mappingShapeProblems(value)];
  if (!shape.length) shape.push(...schemaProblems(Driver, value, ''));
  return shape.length ? shape : [...crossProblems(value as Driver, model)];
}

/** What a schema says, as problems below `place`. */
function* schemaProblems(schema: Parameters<typeof check>[0], value: unknown, place: string): Problems {
  try {
    check(schema, value, '', 'DRIVER_INVALID');
  } catch (error) {
    for (const problem of (error as AudioCloudError).details!['problems'] as string[]) {
      const [, where = '', message = problem] = /^(\/\S*) (.*)$/s.exec(problem) ?? [];
      yield at(place + (where === '/' ? '' : where), message);
    }
  }
}

/** Mappings first, each against the schema of its own kind: "none of the kinds fits" would name no mistake. */
function* mappingShapeProblems(value: unknown): Problems {
  if (typeof value !== 'object' || value === null) return;
  for (const kind of ['parameters', 'reports'] as const) {
    const mappings = (value as Record<string, unknown>)[kind];
    if (typeof mappings !== 'object' || mappings === null) continue;
    for (const [id, given] of Object.entries(mappings))
      for (const [i, mapping] of (Array.isArray(given) ? given : [given]).entries()) {
        const place = `/${kind}/${id}${Array.isArray(given) ? `/${i}` : ''}`;
        const keys = typeof mapping === 'object' && mapping !== null ? Object.keys(mapping) : [];
        if (keys.includes('cc')) yield* schemaProblems(CcMapping, mapping, place);
        else if (keys.includes('line')) yield* schemaProblems(LineMapping, mapping, place);
        else yield at(place, 'says neither cc nor line: write how the value stands on the wire');
      }
  }
}

function* crossProblems(driver: Driver, model: Model): Problems {
  if (driver.model.split('@')[0] !== model.id.split('@')[0])
    yield at('/model', `is ${driver.model}, the model is ${model.id}: name the model that the driver is for`);
  const settings = { midi: MidiSettings, serial: SerialSettings }[driver.adapter];
  if (settings) yield* schemaProblems(settings, driver.settings ?? {}, '/settings');
  yield* kindProblems(driver, model, 'parameters');
  yield* kindProblems(driver, model, 'reports');
}

function* kindProblems(driver: Driver, model: Model, kind: Kind): Problems {
  const noun = kind === 'parameters' ? 'parameter' : 'report';
  const ids = model[kind].map(({ id }) => id);
  for (const id of Object.keys(driver[kind]))
    if (!ids.includes(id))
      yield at(
        `/${kind}/${id}`,
        `the model has no ${noun} ${id}: it has ${ids.join(', ') || 'none'}; correct the name`,
      );
  const wires = new Map<string, string>();
  for (const item of model[kind]) {
    if (!Object.hasOwn(driver[kind], item.id)) {
      yield at(`/${kind}`, `${noun} ${item.id} of the model has no mapping: add one`);
      continue;
    }
    const given = driver[kind][item.id]!;
    const list = Array.isArray(given) ? given : [given];
    const count = valueCount(item.scope, model, {});
    if (list.length !== count)
      yield at(`/${kind}/${item.id}`, `has ${list.length} mappings, the model has ${count} values: write one for each`);
    for (const [i, mapping] of list.entries()) {
      const place = `/${kind}/${item.id}${Array.isArray(given) ? `/${i}` : ''}`;
      yield* mappingProblems(driver.adapter, kind, item, mapping, place);
      for (const wire of wireNames(mapping)) {
        const other = wires.get(wire);
        if (other) yield at(place, `uses the same ${wire} as ${other}: give each its own`);
        else wires.set(wire, place);
      }
    }
  }
}

/** What a mapping occupies: no two parameters may write the same, no two reports may read the same. */
function wireNames(mapping: Mapping): string[] {
  if ('line' in mapping) return [`line ${JSON.stringify(mapping.line)}`];
  const { channel, controller, bits } = mapping.cc;
  const name = (number: number) => `controller ${number} of channel ${channel}`;
  return bits === 14 ? [name(controller), name(controller + 32)] : [name(controller)];
}

function* mappingProblems(
  adapter: string,
  kind: Kind,
  item: Parameter | Report,
  mapping: Mapping,
  place: string,
): Problems {
  if ('cc' in mapping) {
    if (adapter !== 'midi') yield at(`${place}/cc`, `the adapter is ${adapter}: cc needs midi; use line`);
    if (mapping.cc.bits === 14 && mapping.cc.controller > 31)
      yield at(`${place}/cc/controller`, '14 bits are the controllers 0 to 31, with 32 to 63: choose one of those');
  } else {
    if (adapter === 'midi') yield at(`${place}/line`, 'the adapter is midi: it has no lines; use cc');
    const problem = templateProblem(mapping.line);
    if (problem) yield at(`${place}/line`, problem);
    if (kind === 'reports' && /[\r\n]/.test(mapping.line))
      yield at(`${place}/line`, 'holds a line end: what is matched is one line without it; remove it');
    if (mapping.decimals !== undefined && (mapping.map || kind === 'reports'))
      yield at(`${place}/decimals`, 'only a number that is sent has decimals: remove it');
  }
  if (item.range.kind === 'list' || item.range.kind === 'toggle') yield* mapProblems(item, mapping, place);
  else yield* rescaleProblems(kind, item.range, mapping, place);
}

function* mapProblems({ range }: Parameter | Report, mapping: Mapping, place: string): Problems {
  const wanted = range.kind === 'list' ? range.values.map(({ value }) => value) : [false, true];
  if (mapping.rescale) yield at(`${place}/rescale`, `a ${range.kind} has no straight line: use map`);
  if (!mapping.map) return yield at(place, `a ${range.kind} needs a map: say what stands for each value on the wire`);
  const values = mapping.map.map(({ value }) => value);
  for (const value of wanted)
    if (!values.includes(value))
      yield at(`${place}/map`, `value ${JSON.stringify(value)} of the model has no entry: add one`);
  for (const [i, { value, wire }] of mapping.map.entries()) {
    const here = `${place}/map/${i}`;
    if (!wanted.includes(value as never))
      yield at(here, `${JSON.stringify(value)} is no value of the model: it has ${wanted.join(', ')}; remove it`);
    if (values.indexOf(value) !== i) yield at(here, `${JSON.stringify(value)} stands twice: remove one`);
    if (mapping.map.findIndex((entry) => String(entry.wire) === String(wire)) !== i)
      yield at(`${here}/wire`, `${JSON.stringify(wire)} stands twice: two values would look the same`);
    if ('cc' in mapping) {
      const max = controllerMax(mapping.cc);
      if (typeof wire !== 'number' || !Number.isInteger(wire) || wire < 0 || wire > max)
        yield at(`${here}/wire`, `is ${JSON.stringify(wire)}: a controller takes whole numbers from 0 to ${max}`);
    } else if (!/^[ -~]+$/.test(String(wire)))
      yield at(`${here}/wire`, 'holds characters that a line cannot: use printable ASCII');
  }
}

const same = (a: Interval, b: Interval) => Math.min(...a) === Math.min(...b) && Math.max(...a) === Math.max(...b);
const text = ([a, b]: Interval) => `${a} to ${b}`;

function* rescaleProblems(kind: Kind, range: { min: number; max: number }, mapping: Mapping, place: string): Problems {
  if (mapping.map) yield at(`${place}/map`, 'the model has a range of numbers, not a list: use rescale');
  const whole: Interval = [range.min, range.max];
  const { rescale } = mapping;
  if (rescale)
    for (const side of ['from', 'to'] as const)
      if (rescale[side][0] === rescale[side][1])
        yield at(`${place}/rescale/${side}`, `both ends are ${rescale[side][0]}: give an interval`);
  const modelSide = kind === 'parameters' ? 'from' : 'to';
  const wireSide = kind === 'parameters' ? 'to' : 'from';
  if (rescale && !same(rescale[modelSide], whole))
    yield at(
      `${place}/rescale/${modelSide}`,
      `is ${text(rescale[modelSide])}, the range of the model is ${text(whole)}: part of the travel would be lost; make them equal`,
    );
  if (!('cc' in mapping)) return;
  const wire = rescale ? rescale[wireSide] : whole;
  const max = controllerMax(mapping.cc);
  if (Math.min(...wire) < 0 || Math.max(...wire) > max)
    yield at(
      rescale ? `${place}/rescale/${wireSide}` : place,
      `a controller takes 0 to ${max}, here it is ${text(wire)}: ${rescale ? 'correct the interval' : 'add a rescale'}`,
    );
}
