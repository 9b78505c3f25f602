import type { Mapping, Parameter, Report } from '@audiocloud/api';
import { listValues } from '../way-to-wire.ts';
import type { Mistakes } from './lint-checks.ts';

type Wires = readonly [number, number] | 'text' | 'any';

/** Mistakes of how a list or toggle stands on the wire. [any] */
export function* listMistakes(item: Parameter | Report, mapping: Mapping, wires: Wires, place: string): Mistakes {
  const { kind } = item.range;
  const wanted = listValues(item)!;
  if (mapping.rescale)
    yield {
      check: 'rescale-on-list',
      place: `${place}/rescale`,
      message: `a ${kind} has no straight line`,
      mend: 'use map',
    };
  if (mapping.map === undefined)
    return yield {
      check: 'map-missing',
      place,
      message: `a ${kind} needs a map`,
      mend: 'say what stands for each value on the wire, or map: index',
    };
  if (mapping.map === 'index') {
    if (typeof wires === 'object' && !mapping.expression && wanted.length - 1 > wires[1])
      yield {
        check: 'map-wire',
        place: `${place}/map`,
        message: `has ${wanted.length} values, here fit ${wires[1] + 1}`,
        mend: 'give it more bits, or write the map',
      };
    return;
  }
  const values = mapping.map.map(({ value }) => value);
  for (const value of wanted)
    if (!values.includes(value))
      yield {
        check: 'map-value-missing',
        place: `${place}/map`,
        message: `value ${JSON.stringify(value)} of the model has no entry`,
        mend: 'add one',
      };
  for (const [i, { value, wire }] of mapping.map.entries()) {
    const here = `${place}/map/${i}`;
    if (!wanted.includes(value))
      yield {
        check: 'map-value-unknown',
        place: here,
        message: `${JSON.stringify(value)} is no value of the model: it has ${wanted.join(', ')}`,
        mend: 'remove it, or correct it',
      };
    if (values.indexOf(value) !== i)
      yield {
        check: 'map-value-twice',
        place: here,
        message: `${JSON.stringify(value)} stands twice`,
        mend: 'remove one',
      };
    if (mapping.map.findIndex((entry) => String(entry.wire) === String(wire)) !== i)
      yield {
        check: 'map-wire-twice',
        place: `${here}/wire`,
        message: `${JSON.stringify(wire)} stands twice: two values would look the same`,
        mend: 'give each its own',
      };
    if (typeof wires === 'object' && !mapping.expression) {
      if (typeof wire !== 'number' || !Number.isInteger(wire) || wire < wires[0] || wire > wires[1])
        yield {
          check: 'map-wire',
          place: `${here}/wire`,
          message: `is ${JSON.stringify(wire)}: here fit whole numbers from ${wires[0]} to ${wires[1]}`,
          mend: 'correct it',
        };
    } else if (wires === 'text' && !/^[ -~]+$/.test(String(wire)))
      yield {
        check: 'map-wire',
        place: `${here}/wire`,
        message: 'holds characters that a line cannot',
        mend: 'use printable ASCII',
      };
  }
}
