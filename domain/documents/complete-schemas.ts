/** Numbers of JSON are doubles here: whole ones are exact up to these. */
const { MIN_SAFE_INTEGER, MAX_SAFE_INTEGER } = Number;
const INT32 = 2 ** 31;

/**
 * A document whose schemas say what strangers' tools want said, and JSON Schema 2020-12 has it. [any]
 *
 * Whole numbers get the limits that they have anyway, and a format from them; tuples become `prefixItems`.
 */
export function completeSchemas(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(completeSchemas);
  if (typeof node !== 'object' || node === null) return node;
  const whole = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, completeSchemas(value)]));
  if (whole['type'] === 'integer') return completeInteger(whole);
  if (whole['type'] === 'array' && Array.isArray(whole['items'])) return completeTuple(whole, whole['items']);
  return whole;
}

type Schema = Record<string, unknown>;

function completeInteger(schema: Schema): Schema {
  const minimum = typeof schema['minimum'] === 'number' ? schema['minimum'] : MIN_SAFE_INTEGER;
  const maximum = typeof schema['maximum'] === 'number' ? schema['maximum'] : MAX_SAFE_INTEGER;
  const format = minimum >= -INT32 && maximum < INT32 ? 'int32' : 'int64';
  return { ...schema, minimum, maximum, format };
}

function completeTuple({ additionalItems: _, items: __, ...schema }: Schema, prefixItems: unknown[]): Schema {
  return { ...schema, prefixItems, items: false, minItems: prefixItems.length, maxItems: prefixItems.length };
}
