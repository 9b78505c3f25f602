import {
  asAudioCloudError,
  checkModel,
  Model,
  type Parameter,
  type Report,
  UNITS,
  type Value,
  valueToNumber,
} from '@audiocloud/api';
import type { Mistakes } from './lint-checks.ts';
import { mediumMistakes } from './medium.ts';
import { schemaMistakes } from './shape.ts';

/** How people write units otherwise. */
const OTHER_SPELLINGS: Record<string, string> = {
  percent: '%',
  hertz: 'Hz',
  khz: 'Hz',
  decibel: 'dB',
  decibels: 'dB',
  octave: 'oct',
  octaves: 'oct',
  sec: 's',
  seconds: 's',
  msec: 'ms',
  milliseconds: 'ms',
  bool: 'toggle',
  boolean: 'toggle',
  watt: 'W',
  volt: 'V',
  ampere: 'A',
  amp: 'A',
  '': 'none',
};

function meantUnit(unit: unknown): string | undefined {
  if (typeof unit !== 'string' || (UNITS as readonly string[]).includes(unit)) return undefined;
  const small = unit.trim().toLowerCase();
  return UNITS.find((known) => known.toLowerCase() === small) ?? OTHER_SPELLINGS[small];
}

/** Units first: the schema can only say that one is unknown. */
function* unitMistakes(value: unknown): Mistakes {
  for (const list of ['parameters', 'reports'] as const) {
    const items = (value as Record<string, unknown> | null)?.[list];
    if (!Array.isArray(items)) continue;
    for (const [i, item] of items.entries()) {
      const unit = (item as { unit?: unknown } | null)?.unit;
      const meant = meantUnit(unit);
      if (meant !== undefined)
        yield {
          check: 'unit-spelling',
          place: `/${list}/${i}/unit`,
          message: `is ${JSON.stringify(unit)}: units are spelt one way`,
          mend: `write ${meant}`,
        };
    }
  }
}

/** Every mistake of a model, each with its place. [any] */
export function* modelMistakes(value: unknown): Mistakes {
  const units = [...unitMistakes(value)];
  yield* units;
  let isFine = units.length === 0;
  for (const mistake of schemaMistakes(Model, value, '')) {
    if (units.some(({ place }) => place === mistake.place)) continue;
    isFine = false;
    yield mistake;
  }
  if (!isFine) return;
  const found = [...soundMistakes(value as Model)];
  yield* found;
  if (found.length) return;
  try {
    checkModel(value);
  } catch (error) {
    yield { check: 'shape', place: '', message: asAudioCloudError(error).message, mend: 'correct it' };
  }
}

function* soundMistakes(model: Model): Mistakes {
  for (const list of ['parameters', 'reports'] as const)
    for (const [i, item] of model[list].entries()) yield* rangeMistakes(item, `/${list}/${i}`);
  for (const [i, parameter] of model.parameters.entries()) yield* parameterMistakes(parameter, `/parameters/${i}`);
  const lists = { parameters: model.parameters, reports: model.reports, inputs: model.inputs, outputs: model.outputs };
  for (const [list, items] of Object.entries(lists)) {
    const ids = items.map(({ id }) => id);
    const before = list === 'outputs' ? model.inputs.map(({ id }) => id) : [];
    for (const [i, id] of ids.entries())
      if (ids.indexOf(id) !== i || before.includes(id))
        yield { check: 'id-twice', place: `/${list}/${i}/id`, message: `${id} stands twice`, mend: 'rename one' };
  }
  for (const list of ['inputs', 'outputs'] as const)
    for (const [i, { kind, channels }] of model[list].entries())
      if (
        (kind === 'audio') !== (channels !== undefined) ||
        (channels && !(channels.min <= channels.default && channels.default <= channels.max))
      )
        yield {
          check: 'port-channels',
          place: `/${list}/${i}/channels`,
          message: 'an audio port has channels, min <= default <= max; a midi port has none',
          mend: 'correct them',
        };
  yield* presetMistakes(model);
  yield* mediumMistakes(model);
}

function* rangeMistakes({ range, unit }: Parameter | Report, place: string): Mistakes {
  if ((range.kind === 'toggle') !== (unit === 'toggle'))
    yield {
      check: 'toggle-unit',
      place: `${place}/unit`,
      message: `is ${unit}, the range is ${range.kind}: the unit toggle goes with the range toggle`,
      mend: range.kind === 'toggle' ? 'write toggle' : 'write the unit of the numbers, or none',
    };
  if (range.kind === 'list') {
    const values = range.values.map(({ value }) => String(value));
    for (const [i, value] of values.entries())
      if (values.indexOf(value) !== i)
        yield {
          check: 'list-value-twice',
          place: `${place}/range/values/${i}`,
          message: `${value} stands twice`,
          mend: 'remove one',
        };
  }
  if (range.kind !== 'continuous' && range.kind !== 'stepped') return;
  if (range.min >= range.max)
    return yield {
      check: 'range-order',
      place: `${place}/range/min`,
      message: `min ${range.min} is not below max ${range.max}`,
      mend: 'write the lower number as min',
    };
  if (range.kind === 'stepped') {
    const steps = (range.max - range.min) / range.step;
    if (Math.abs(steps - Math.round(steps)) > 1e-9 * steps || steps < 1)
      yield {
        check: 'range-steps',
        place: `${place}/range/step`,
        message: `is ${range.step}: from ${range.min} that does not reach ${range.max}`,
        mend: 'correct the step or the ends',
      };
  }
}

function* parameterMistakes(parameter: Parameter, place: string): Mistakes {
  const { range, taper } = parameter;
  const isNumber = range.kind === 'continuous' || range.kind === 'stepped';
  if (isNumber && range.min >= range.max) return;
  const points = typeof taper === 'object' ? taper.points : [];
  if (
    (taper !== undefined && !isNumber) ||
    (taper === 'log' && isNumber && range.min <= 0) ||
    points.some((point, i) => i > 0 && (point[0] <= points[i - 1]![0] || point[1] <= points[i - 1]![1]))
  )
    yield {
      check: 'taper-range',
      place: `${place}/taper`,
      message: 'does not fit: log needs min above 0, points rise, lists and toggles have none',
      mend: 'correct it or leave it out',
    };
  if (!isAllowed(parameter, parameter.default))
    yield {
      check: 'default-outside',
      place: `${place}/default`,
      message: `${JSON.stringify(parameter.default)} is no value of the range`,
      mend: 'choose one that is',
    };
}

function isAllowed(parameter: Parameter, values: Value | Value[]): boolean {
  try {
    for (const value of [values].flat()) valueToNumber(parameter, value);
    return true;
  } catch {
    return false;
  }
}

function* presetMistakes({ parameters, presets = [] }: Model): Mistakes {
  for (const [i, preset] of presets.entries())
    for (const [id, values] of Object.entries(preset.parameters)) {
      const parameter = parameters.find((one) => one.id === id);
      if (parameter && isAllowed(parameter, values)) continue;
      yield {
        check: 'preset-value',
        place: `/presets/${i}/parameters/${id}`,
        message: parameter ? `${JSON.stringify(values)} is no value of ${id}` : `the model has no parameter ${id}`,
        mend: 'correct it or remove it',
      };
    }
}
