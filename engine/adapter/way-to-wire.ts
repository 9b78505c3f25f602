import {
  AudioCloudError,
  type Mapping,
  numberToValue,
  type Parameter,
  type Report,
  type Value,
  valueToNumber,
  type Wire,
} from '@audiocloud/api';
import { type Compute, compileExpression } from './expression.ts';
import { parseNumber } from './line-template.ts';
import { rescale } from './rescale.ts';

const identity: Compute = (x) => x;

const clamped = ({ clamp }: Mapping, number: number) =>
  clamp ? Math.max(clamp[0], Math.min(clamp[1], number)) : number;

/** The values of a list or toggle in their order. [any] */
export function listValues({ range }: Parameter | Report): Value[] | undefined {
  if (range.kind === 'toggle') return [false, true];
  return range.kind === 'list' ? range.values.map(({ value }) => value) : undefined;
}

/**
 * A value in the range of its parameter, whoever asked for it. [any]
 *
 * Throws PARAMETER_VALUE for what is no value of the parameter at all.
 */
export function clampedValue(parameter: Parameter, value: Value): Value {
  const isNumber = typeof value === 'number' && !Number.isNaN(value) && !listValues(parameter);
  return numberToValue(parameter, isNumber ? value : valueToNumber(parameter, value));
}

/**
 * What stands on the wire for values of a parameter. [any]
 *
 * The value is clamped to the range of the model again, whoever asked for it. The function throws PARAMETER_VALUE for what
 * is no value of the parameter at all, DRIVER_INVALID where the driver has nothing for it.
 */
export function toWire(parameter: Parameter, mapping: Mapping): (value: Value) => Wire {
  const compute = mapping.expression ? compileExpression(mapping.expression) : identity;
  const listed = listValues(parameter);
  const finish = (number: number, value: Value): number => {
    const result = clamped(mapping, compute(number));
    if (Number.isFinite(result)) return result;
    throw new AudioCloudError(
      'DRIVER_INVALID',
      `Cannot send ${parameter.id} = ${JSON.stringify(value)}: its expression gives ${result}; correct the driver`,
    );
  };
  return (value) => {
    if (listed) {
      const index = valueToNumber(parameter, value);
      const wire = mapping.map === 'index' ? index : mapping.map?.find((entry) => entry.value === listed[index])?.wire;
      if (wire === undefined)
        throw new AudioCloudError(
          'DRIVER_INVALID',
          `Cannot send ${parameter.id} = ${JSON.stringify(value)}: no entry in its map`,
        );
      return typeof wire === 'number' ? finish(wire, value) : wire;
    }
    const number = valueToNumber(parameter, clampedValue(parameter, value));
    return finish(mapping.rescale ? rescale(number, mapping.rescale.from, mapping.rescale.to) : number, value);
  };
}

/** The value of a report from what stood on the wire, or undefined when it is none. [any] */
export function fromWire(report: Report, mapping: Mapping): (wire: Wire) => Value | undefined {
  const compute = mapping.expression ? compileExpression(mapping.expression) : identity;
  const listed = listValues(report);
  return (wire) => {
    const read = typeof wire === 'string' ? parseNumber(wire) : typeof wire === 'boolean' ? Number(wire) : wire;
    const number = read === undefined ? undefined : clamped(mapping, compute(read));
    if (listed) {
      if (mapping.map === 'index') return number === undefined ? undefined : listed[number];
      return mapping.map?.find((entry) => entry.wire === wire || (number !== undefined && entry.wire === number))
        ?.value;
    }
    if (number === undefined || Number.isNaN(number)) return undefined;
    return numberToValue(report, mapping.rescale ? rescale(number, mapping.rescale.from, mapping.rescale.to) : number);
  };
}
