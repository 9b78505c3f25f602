import type { Parameter } from './model.ts';
import { numberToValue } from './parameter-value.ts';

function clamp(x: number, min: number, max: number): number {
  return x < min ? min : x > max ? max : x;
}

/** Piecewise linear, `from` and `to` being the columns of the points. */
function follow(points: readonly (readonly [number, number])[], x: number, from: 0 | 1, to: 0 | 1): number {
  const i = clamp(
    points.findIndex((point) => point[from] >= x),
    1,
    points.length - 1,
  );
  const a = points[points[points.length - 1]![from] < x ? points.length - 2 : i - 1]!;
  const b = points[points[points.length - 1]![from] < x ? points.length - 1 : i]!;
  const share = b[from] === a[from] ? 0 : (x - a[from]) / (b[from] - a[from]);
  return a[to] + share * (b[to] - a[to]);
}

// Below -60 dB a fader has little to say: the lowest 5 % of its travel go from there down to the minimum.
const DB_KNEE = -60;
const DB_KNEE_TRAVEL = 0.05;

function points(parameter: Parameter): readonly (readonly [number, number])[] | undefined {
  const { taper, range } = parameter;
  if (taper && typeof taper === 'object') return taper.points;
  if (
    taper === 'db' &&
    range.kind !== 'list' &&
    range.kind !== 'toggle' &&
    range.min < DB_KNEE &&
    range.max > DB_KNEE
  ) {
    return [
      [0, range.min],
      [DB_KNEE_TRAVEL, DB_KNEE],
      [1, range.max],
    ];
  }
  return undefined;
}

/** The number (see valueToNumber) at `travel` 0 to 1 of a knob. [any] */
export function travelToNumber(parameter: Parameter, travel: number): number {
  const { range } = parameter;
  const t = clamp(travel, 0, 1);
  if (range.kind === 'toggle') return t >= 0.5 ? 1 : 0;
  if (range.kind === 'list') return Math.round(t * (range.values.length - 1));
  const drawn = points(parameter);
  let number: number;
  if (drawn) number = follow(drawn, t, 0, 1);
  else if (parameter.taper === 'log' && range.min > 0) number = range.min * (range.max / range.min) ** t;
  else number = range.min + t * (range.max - range.min);
  return numberToValue(parameter, number) as number;
}

/** The inverse of travelToNumber. [any] */
export function numberToTravel(parameter: Parameter, number: number): number {
  const { range } = parameter;
  if (range.kind === 'toggle') return number >= 0.5 ? 1 : 0;
  if (range.kind === 'list') return range.values.length < 2 ? 0 : clamp(number / (range.values.length - 1), 0, 1);
  const x = clamp(number, range.min, range.max);
  const drawn = points(parameter);
  if (drawn) return clamp(follow(drawn, x, 1, 0), 0, 1);
  if (parameter.taper === 'log' && range.min > 0) return Math.log(x / range.min) / Math.log(range.max / range.min);
  return range.max === range.min ? 0 : (x - range.min) / (range.max - range.min);
}
