import {
  type Parameter,
  type Value,
  numberToTravel,
  numberToValue,
  travelToNumber,
  valueToNumber,
} from '@audiocloud/api';

/** Travel of one arrow key, where the unit has no step of its own. */
const KEY_TRAVEL = 0.01;
/** With Shift: fine. */
const FINE = 0.1;
/** A click of one unit is worth so many fine ones: 0.5 and 0.1 dB. */
const FINE_STEPS = 5;
// What an engineer expects of one click.
const KEY_STEP: Partial<Record<Parameter['unit'], number>> = { dB: 0.5, LU: 0.5, semitones: 1, cents: 1, '%': 1 };

/** The value `travel` (0 to 1, of the whole range) further on. Never leaves the range. */
export function turn(parameter: Parameter, value: Value, travel: number): Value {
  const number = valueToNumber(parameter, value);
  return numberToValue(parameter, travelToNumber(parameter, numberToTravel(parameter, number) + travel));
}

/** The value after one arrow key. */
export function step(parameter: Parameter, value: Value, direction: 1 | -1, isFine: boolean): Value {
  const { range, unit } = parameter;
  const number = valueToNumber(parameter, value);
  if (range.kind === 'stepped') return numberToValue(parameter, number + direction * range.step);
  const own = KEY_STEP[unit];
  if (own === undefined) return turn(parameter, value, direction * KEY_TRAVEL * (isFine ? FINE : 1));
  const size = isFine ? own / FINE_STEPS : own;
  // sums of 0.1 drift: the value stays on the grid of the step
  return numberToValue(parameter, Number((number + direction * size).toFixed(6)));
}

/** The default of one channel or count. */
export function defaultValue(parameter: Parameter, index = 0): Value {
  const { default: initial } = parameter;
  return Array.isArray(initial) ? (initial[index] ?? initial[0]!) : initial;
}
