import type { Instance, Model, Parameter, Value } from '@audiocloud/api';
import { seededRandom } from '../plugin/seeded-random.ts';

export type Preset = NonNullable<Instance['parameters']>;
/** What to try next, made from the dearest preset so far. */
export type Candidate = (best: Preset) => Preset;

/** Whole presets at random, before single parameters are tried: some works only together with another. */
const RANDOM_PRESETS = 6;
/** Of a list or a range with more, so many are tried. */
const MOST_VALUES = 8;
/** Places in a continuous range. */
const PLACES = [0.25, 0.75, 1];

/** Presets in which a model may cost more than in its default state. Nothing is known of what its parameters mean. [any] */
export function* presetCandidates({ parameters }: Model): Generator<Candidate> {
  const tried = parameters.map((parameter) => ({ parameter, values: valuesOf(parameter) }));
  const random = seededRandom(5);
  for (let n = 0; n < RANDOM_PRESETS; n++) {
    const whole = Object.fromEntries(
      tried.map(({ parameter, values }) => [parameter.id, values[Math.floor(random() * values.length)]!]),
    );
    yield () => whole;
  }
  for (const { parameter, values } of tried)
    for (const value of values) yield (best) => ({ ...best, [parameter.id]: value });
}

function valuesOf({ range }: Parameter): Value[] {
  switch (range.kind) {
    case 'toggle':
      return [true, false];
    case 'list':
      return range.values.slice(0, MOST_VALUES).map(({ value }) => value);
    case 'stepped': {
      const { min, step } = range;
      const steps = Math.floor((range.max - min) / step);
      return [...new Set([0, ...PLACES].map((place) => min + step * Math.round(place * steps)))];
    }
    default:
      return PLACES.map((place) => range.min + place * (range.max - range.min));
  }
}
