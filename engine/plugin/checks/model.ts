import {
  type Model,
  type Parameter,
  type Report,
  textToValue,
  type Unit,
  type Value,
  valueToText,
} from '@audiocloud/api';
import { failed, type Outcome, passed, warning } from '../check-outcome.ts';
import type { PackageUnderCheck } from '../check-package.ts';
import { seededRandom } from '../seeded-random.ts';

/** The models of the package are sound, and no two have one id. */
export function modelsAreSound({ models }: PackageUnderCheck): Outcome {
  const faults = models.flatMap(({ fault }) => (fault ? [fault.message] : []));
  const ids = models.flatMap(({ value }) => (value ? [value.id] : []));
  const twice = ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => `the model ${id} stands twice`);
  const all = [...faults, ...twice, ...(models.length ? [] : ['the manifest has no models'])];
  return all.length ? failed(all.join('; ')) : passed(ids.join(', '));
}

/** Who reads the list of models learns what this one does, and no two controls of a group look alike. */
export function modelIsDescribed({ description, parameters }: Model): Outcome {
  if (!description?.trim()) return warning('it has no description');
  const names = parameters.map(({ name, group }) => `${group ?? ''}/${name}`);
  const twice = parameters.find((_, i) => names.indexOf(names[i]!) !== i);
  return twice ? warning(`two parameters are called ${twice.name}`) : passed(description.split('. ')[0]!);
}

/** Stepped ranges end on a step. */
export function stepsReachTheEnd({ parameters, reports }: Model): Outcome {
  for (const { id, range } of [...parameters, ...reports]) {
    if (range.kind !== 'stepped') continue;
    const steps = (range.max - range.min) / range.step;
    if (Math.abs(steps - Math.round(steps)) > 1e-9 * steps)
      return failed(`${id}: from ${range.min} steps of ${range.step} do not reach ${range.max}`);
  }
  return passed('every stepped range ends on a step');
}

const DECIBELS: Unit[] = ['dB', 'dBFS', 'dBu', 'LUFS', 'LU', 'dBTP'];
const TIMES: Unit[] = ['ms', 's', 'min', 'frames'];
/** Units that pages can draw and link for a role; roles not named take any. */
const UNITS_OF_ROLE: Readonly<Record<string, readonly Unit[]>> = {
  bypass: ['toggle'],
  mute: ['toggle'],
  frequency: ['Hz', 'oct', 'semitones', 'cents', 'none'],
  gain: [...DECIBELS, 'none', '%'],
  level: [...DECIBELS, 'none', '%'],
  threshold: [...DECIBELS, 'none', '%'],
  ratio: ['ratio', 'none', '%'],
  attack: TIMES,
  release: [...TIMES, 'dB'], // a fall in dB a second
  hold: TIMES,
  lookahead: TIMES,
  knee: [...DECIBELS, 'none', '%'],
  q: ['none', 'oct'],
  pan: ['none', '%', 'degrees'],
  mix: ['none', '%'],
  tempo: ['bpm'],
  pitch: ['semitones', 'cents', 'oct', 'Hz', 'none', '%', 'ratio'],
};

/** A role goes with a unit of its kind: an attack in dB is a mistake. Lists have words of their own. */
export function rolesHaveTheirUnits({ parameters }: Model): Outcome {
  const odd = parameters.filter(
    ({ role, unit, range }) =>
      range.kind !== 'list' && role && UNITS_OF_ROLE[role] && !UNITS_OF_ROLE[role].includes(unit),
  );
  return odd.length
    ? warning(odd.map(({ id, role, unit }) => `${id} has the role ${role} and the unit ${unit}`).join('; '))
    : passed('every role has a unit of its kind');
}

const RANDOM_VALUES = 20;
const MAX_STEPS = 500;

/** Values to write down and read again. */
function* valuesOf({ range }: Parameter | Report): Generator<Value> {
  if (range.kind === 'toggle') yield* [false, true];
  else if (range.kind === 'list') for (const { value } of range.values) yield value;
  else if (range.kind === 'stepped') {
    const steps = Math.round((range.max - range.min) / range.step);
    const stride = Math.max(1, Math.floor(steps / MAX_STEPS));
    for (let step = 0; step <= steps; step += stride) yield range.min + step * range.step;
  } else {
    const random = seededRandom(1);
    yield* [range.min, range.max];
    for (let i = 0; i < RANDOM_VALUES; i++) yield range.min + random() * (range.max - range.min);
  }
}

/** How far a value may be from what its text says: half of the last digit that is written. */
function roundingOf(parameter: Parameter | Report, value: Value, text: string): number {
  if (parameter.range.kind !== 'continuous' || typeof value !== 'number') return 0;
  const digits = /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
  return 0.5000001 * 10 ** -digits * (/\d k/.test(text) ? 1000 : 1);
}

/** What a person reads can be typed again and means the same; no two places of a switch read alike. */
export function textsGoBothWays({ parameters, reports }: Model): Outcome {
  let count = 0;
  for (const parameter of [...parameters, ...reports])
    for (const value of valuesOf(parameter)) {
      const text = valueToText(parameter, value);
      let back: Value;
      try {
        back = textToValue(parameter, text);
      } catch (error) {
        return failed(
          `${parameter.id}: ${value} is written '${text}', which cannot be read: ${(error as Error).message}`,
        );
      }
      const isSame =
        typeof value === 'number' && typeof back === 'number'
          ? Math.abs(value - back) <= Math.max(roundingOf(parameter, value, text), 1e-9 * Math.abs(value))
          : value === back;
      if (!isSame) return failed(`${parameter.id}: ${value} is written '${text}', which is read as ${back}`);
      count++;
    }
  return passed(`${count} values`);
}

/** A continuous value that is worth a control changes its text somewhere: else its decimals are too few. */
export function textsTellValuesApart({ parameters }: Model): Outcome {
  for (const parameter of parameters) {
    const { range, id } = parameter;
    if (range.kind !== 'continuous') continue;
    const texts = new Set(
      Array.from({ length: 9 }, (_, i) => valueToText(parameter, range.min + (i / 8) * (range.max - range.min))),
    );
    if (texts.size < 5)
      return warning(`${id}: nine places of its range read as ${[...texts].join(', ')}; give it decimals`);
  }
  return passed('places of a range read differently');
}
