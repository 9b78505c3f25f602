import { type AudioCloudError, check, Driver } from '@audiocloud/api';
import type { TSchema } from 'typebox';
import { KINDS } from '../kinds/kinds.ts';
import type { Mistake, Mistakes } from './lint-checks.ts';

/** Keys of an object schema, for the mend of a key that is not among them. */
function keysOf(schema: TSchema, place: string): string {
  let at: unknown = schema;
  for (const part of place.split('/').slice(1)) {
    const { properties, items, patternProperties } = at as Record<string, Record<string, unknown> | undefined>;
    at = properties?.[part] ?? (/^\d+$/.test(part) ? items : undefined) ?? Object.values(patternProperties ?? {})[0];
    if (typeof at !== 'object' || at === null) return '';
  }
  return Object.keys((at as { properties?: object }).properties ?? {}).join(', ');
}

function mistakeOf(schema: TSchema, where: string, message: string, place: string): Mistake {
  const extra = /^must not have additional properties: (.*)$/s.exec(message)?.[1];
  if (extra !== undefined) {
    const known = keysOf(schema, where);
    return {
      check: 'unknown-key',
      place: `${place}${where}/${extra.split(',')[0]}`,
      message: `is a key that does not exist here: ${extra}`,
      mend: known ? `one of ${known}` : 'remove it',
    };
  }
  if (/\/(at|byte|bit)$/.test(where) && /integer|number/.test(message))
    return {
      check: 'byte-position',
      place: place + where,
      message: `${message}: a position is one whole number`,
      mend: 'write the first byte, and how many there are as type (u16, say) or as bits',
    };
  return { check: 'shape', place: place + where, message, mend: 'correct it' };
}

/** What a schema says of a value, as mistakes below `place`. [any] */
export function* schemaMistakes(schema: TSchema, value: unknown, place: string): Mistakes {
  try {
    check(schema, value, '', 'DRIVER_INVALID');
  } catch (error) {
    for (const problem of (error as AudioCloudError).details!['problems'] as string[]) {
      const [, where = '', message = problem] = /^(\/\S*) (.*)$/s.exec(problem) ?? [];
      yield mistakeOf(schema, where === '/' ? '' : where, message, place);
    }
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Mappings first, each against the schema of its own kind: "none of the kinds fits" would name no mistake. */
function* mappingMistakes(value: unknown): Mistakes {
  if (!isObject(value)) return;
  for (const direction of ['parameters', 'reports'] as const) {
    const mappings = value[direction];
    if (!isObject(mappings)) continue;
    for (const [id, given] of Object.entries(mappings))
      for (const [i, mapping] of (Array.isArray(given) ? given : [given]).entries()) {
        const place = `/${direction}/${id}${Array.isArray(given) ? `/${i}` : ''}`;
        const keys = isObject(mapping) ? Object.keys(mapping) : [];
        const kinds = KINDS.filter(({ key }) => keys.includes(key));
        if (kinds.length === 1) yield* schemaMistakes(kinds[0]!.schema, mapping, place);
        else
          yield {
            check: 'mapping-kind',
            place,
            message: kinds.length
              ? `is ${kinds.map(({ key }) => key).join(' and ')}: a value stands in one place`
              : 'says no kind: how does the value stand on the wire?',
            mend: `give it one of ${KINDS.map(({ key }) => key).join(', ')}`,
          };
      }
  }
}

/** Mistakes of form: with any of them nothing else can be said of a driver. [any] */
export function* shapeMistakes(value: unknown): Mistakes {
  let isFine = true;
  for (const mistake of mappingMistakes(value)) {
    isFine = false;
    yield mistake;
  }
  if (isFine) yield* schemaMistakes(Driver, value, '');
}
