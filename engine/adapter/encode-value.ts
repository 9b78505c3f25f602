import {
  AudioCloudError,
  type Driver,
  type Mapping,
  numberToValue,
  type Parameter,
  type Value,
  valueToNumber,
} from '@audiocloud/api';
import { formatNumber, lineTemplate } from './line-template.ts';
import { ccBytes } from './midi-bytes.ts';
import { rescale } from './rescale.ts';

/** The mapping of one value of a parameter. [any] */
export function mappingOf(driver: Driver, parameter: Parameter, index: number): Mapping {
  const given = driver.parameters[parameter.id]!;
  return Array.isArray(given) ? given[index]! : given;
}

/**
 * The bytes that set one value. The value is clamped to the range again, whoever asked for it. [any]
 *
 * Throws PARAMETER_VALUE for what is no value of the parameter at all.
 */
export function encodeValue(parameter: Parameter, mapping: Mapping, value: Value): Uint8Array {
  const wire = toWire(parameter, mapping, value);
  if ('cc' in mapping) return ccBytes(mapping.cc, Number(wire));
  const text =
    typeof wire === 'string' ? wire : formatNumber(wire, mapping.map ? decimalsOf(wire) : (mapping.decimals ?? 0));
  return Buffer.from(lineTemplate(mapping.line).write(text), 'latin1');
}

function toWire(parameter: Parameter, mapping: Mapping, value: Value): number | string {
  const { range } = parameter;
  if (range.kind === 'list' || range.kind === 'toggle') {
    const plain = numberToValue(parameter, valueToNumber(parameter, value));
    const entry = mapping.map?.find((candidate) => candidate.value === plain);
    if (entry) return entry.wire;
    throw new AudioCloudError(
      'DRIVER_INVALID',
      `Cannot send ${parameter.id} = ${JSON.stringify(value)}: no entry in its map`,
    );
  }
  const clamped = typeof value === 'number' && !Number.isNaN(value) ? numberToValue(parameter, value) : value;
  const number = valueToNumber(parameter, clamped);
  return mapping.rescale ? rescale(number, mapping.rescale.from, mapping.rescale.to) : number;
}

/** Digits that a number of a map was written with. */
const decimalsOf = (number: number) => Math.min(6, (String(number).split('.')[1] ?? '').length);
