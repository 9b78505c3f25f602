import type { Mapping, Range } from '@audiocloud/api';
import { compileExpression } from '../expression.ts';
import type { Direction } from '../kinds/kind.ts';
import { formatNumber } from '../line-template.ts';
import { type Interval, rescale } from '../rescale.ts';
import type { Mistakes } from './lint-checks.ts';

type Wires = readonly [number, number] | 'text' | 'any';
type NumberRange = Extract<Range, { min: number }>;

/** Looked at between two ends: enough to meet a pole or a fold of any curve that a device has. */
const SAMPLES = 257;
/** A range of more steps is not looked at step by step. */
const MAX_STEPS = 65536;

const same = (a: Interval, b: Interval) => Math.min(...a) === Math.min(...b) && Math.max(...a) === Math.max(...b);
const text = ([a, b]: Interval) => `${a} to ${b}`;

/** Mistakes of how a range of numbers stands on the wire. [any] */
export function* numberMistakes(
  range: NumberRange,
  mapping: Mapping,
  direction: Direction,
  wires: Wires,
  place: string,
): Mistakes {
  if (mapping.map)
    yield {
      check: 'map-on-range',
      place: `${place}/map`,
      message: 'the model has a range of numbers, not a list',
      mend: 'use rescale',
    };
  const line = mapping.rescale;
  if (line)
    for (const side of ['from', 'to'] as const)
      if (line[side][0] === line[side][1])
        return yield {
          check: 'rescale-width',
          place: `${place}/rescale/${side}`,
          message: `both ends are ${line[side][0]}`,
          mend: 'give an interval',
        };
  const whole: Interval = [range.min, range.max];
  const modelSide = direction === 'parameters' ? 'from' : 'to';
  if (line && !same(line[modelSide], whole))
    yield {
      check: 'rescale-travel',
      place: `${place}/rescale/${modelSide}`,
      message: `is ${text(line[modelSide])}, the range of the model is ${text(whole)}: part of the travel would be lost`,
      mend: 'make them equal',
    };
  else if (direction === 'parameters') yield* sentMistakes(range, mapping, wires, place);
  else yield* readMistakes(range, mapping, wires, place);
}

function* sentMistakes(range: NumberRange, mapping: Mapping, wires: Wires, place: string): Mistakes {
  const steps = range.kind === 'stepped' ? Math.round((range.max - range.min) / range.step) : 0;
  const samples = steps > 0 && steps < MAX_STEPS ? steps + 1 : SAMPLES;
  const compute = mapping.expression ? compileExpression(mapping.expression) : (x: number) => x;
  const sent = Array.from({ length: samples }, (_, i) => {
    const value = range.min + ((range.max - range.min) * i) / (samples - 1);
    const number = compute(mapping.rescale ? rescale(value, mapping.rescale.from, mapping.rescale.to) : value);
    return mapping.clamp ? Math.max(mapping.clamp[0], Math.min(mapping.clamp[1], number)) : number;
  });
  const infinite = sent.findIndex((number) => !Number.isFinite(number));
  if (infinite >= 0 || sent.every((number) => number === sent[0]))
    return yield {
      check: 'expression-result',
      place: `${place}/expression`,
      message:
        infinite >= 0
          ? `gives ${sent[infinite]} at ${range.min + ((range.max - range.min) * infinite) / (samples - 1)}`
          : `gives ${sent[0]} for every value`,
      mend: 'correct it for the whole range of the model',
    };
  if (
    typeof wires === 'object' &&
    (Math.round(Math.min(...sent)) < wires[0] || Math.round(Math.max(...sent)) > wires[1])
  )
    return yield {
      check: 'wire-range',
      place: mapping.expression ? `${place}/expression` : mapping.rescale ? `${place}/rescale/to` : place,
      message: `here fit ${text(wires)}, and it would be ${text([Math.min(...sent), Math.max(...sent)])}`,
      mend: mapping.rescale ? 'correct the interval' : 'add a rescale',
    };
  if (samples !== steps + 1 || wires === 'any') return;
  const decimals = 'line' in mapping ? (mapping.decimals ?? 0) : 0;
  const different = new Set(sent.map((number) => formatNumber(number, decimals))).size;
  if (different < samples)
    yield {
      check: 'steps-lost',
      place,
      message: `has ${samples} steps, on the wire are ${different}: some would be the same`,
      mend: 'line' in mapping ? 'give it decimals' : 'give it more bits, or a wider interval',
    };
}

function* readMistakes(range: NumberRange, mapping: Mapping, wires: Wires, place: string): Mistakes {
  const whole: Interval = [range.min, range.max];
  if (mapping.expression) {
    const [low, high] = typeof wires === 'object' ? wires : [-1e6, 1e6];
    const compute = compileExpression(mapping.expression);
    const read = Array.from({ length: SAMPLES }, (_, i) => compute(low + ((high - low) * i) / (SAMPLES - 1)));
    const numbers = read.filter((number) => !Number.isNaN(number));
    const wanted = mapping.rescale ? mapping.rescale.from : whole;
    const misses = numbers.every((number) => number < Math.min(...wanted) || number > Math.max(...wanted));
    const isConstant = numbers.every((number) => number === numbers[0]);
    // Text has no ends: what it may say is not known.
    if (isConstant || (misses && typeof wires === 'object'))
      yield {
        check: 'expression-result',
        place: `${place}/expression`,
        message: isConstant
          ? `gives ${numbers[0]} for all that may come`
          : `gives ${Math.min(...numbers)} to ${Math.max(...numbers)} for all that may come, wanted something in ${text(wanted)}`,
        mend: 'correct it: x is the number on the wire',
      };
    return;
  }
  if (typeof wires !== 'object') return;
  const wanted = mapping.rescale ? mapping.rescale.from : whole;
  if (Math.min(...wanted) < wires[0] || Math.max(...wanted) > wires[1])
    yield {
      check: 'wire-range',
      place: mapping.rescale ? `${place}/rescale/from` : place,
      message: `here come ${text(wires)}, and it is read as ${text(wanted)}`,
      mend: mapping.rescale ? 'correct the interval' : 'add a rescale or an expression',
    };
}
