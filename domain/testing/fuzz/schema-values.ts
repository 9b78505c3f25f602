import { toneTask } from '../test-domain.ts';
import { below, hostileValue, type Json, oneOf, type Random } from './hostile-json.ts';
import { aName } from './ids.ts';

/** JSON Schema as far as our documents use it. */
export interface Schema {
  $ref?: string;
  title?: string;
  type?: string | string[];
  const?: Json;
  enum?: Json[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema | Schema[];
  prefixItems?: Schema[];
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  pattern?: string;
  format?: string;
}

/** Addresses that lead nowhere: a fuzz talks to nobody. */
const ADDRESSES = [
  'http://127.0.0.1:1/',
  'http://localhost/',
  'http://[::1]/',
  'ftp://nobody.invalid/',
  'http://',
  'https://hook.invalid/x',
];
const MOST_ITEMS = 3;

/** Makes values that a schema allows, or nearly; `$ref`s are looked up in the document. */
export class SchemaValues {
  private readonly schemas: Record<string, Schema>;

  constructor(document: { components?: { schemas?: Record<string, Schema> } }) {
    this.schemas = document.components?.schemas ?? {};
  }

  value(schema: Schema, random: Random, depth = 0): Json {
    if (depth > 8) return null;
    const { $ref } = schema;
    if ($ref) {
      const name = $ref.split('/').pop()!;
      return name === 'Task' && random() < 0.7
        ? structuredClone(toneTask as Json)
        : this.value(this.schemas[name] ?? {}, random, depth + 1);
    }
    if (schema.title === 'Task' && random() < 0.7) return structuredClone(toneTask as Json);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum) return oneOf(random, schema.enum);
    const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (choices) return this.value(oneOf(random, choices), random, depth + 1);
    const type = Array.isArray(schema.type) ? oneOf(random, schema.type) : schema.type;
    switch (type) {
      case 'object':
        return this.object(schema, random, depth);
      case 'array':
        return this.array(schema, random, depth);
      case 'string':
        return this.text(schema, random);
      case 'integer':
        return Math.floor(this.number(schema, random));
      case 'number':
        return this.number(schema, random);
      case 'boolean':
        return random() < 0.5;
      case 'null':
        return null;
      default:
        return hostileValue(random);
    }
  }

  private object(schema: Schema, random: Random, depth: number): Json {
    const { properties = {}, required = [], patternProperties = {} } = schema;
    const made: { [key: string]: Json } = {};
    for (const [key, one] of Object.entries(properties))
      if (required.includes(key) || random() < 0.5) made[key] = this.value(one, random, depth + 1);
    for (const one of Object.values(patternProperties))
      for (let i = below(random, MOST_ITEMS); i > 0; i--) made[aName(random)] = this.value(one, random, depth + 1);
    return made;
  }

  private array({ items, prefixItems, minItems = 0 }: Schema, random: Random, depth: number): Json {
    const places = prefixItems ?? (Array.isArray(items) ? items : undefined);
    if (places) return places.map((one) => this.value(one, random, depth + 1));
    const length = Math.max(Math.min(minItems, 100), below(random, MOST_ITEMS + 1));
    return Array.from({ length }, () => this.value((items as Schema | undefined) ?? {}, random, depth + 1));
  }

  private text({ pattern = '', format }: Schema, random: Random): string {
    if (format === 'uri' || format === 'url') return oneOf(random, ADDRESSES);
    if (pattern.includes(':'))
      return oneOf(random, ['audiocloud:gain', 'audiocloud:tone', 'audiocloud:meter', 'nobody:nothing', 'a:b:c']);
    return random() < 0.9 ? aName(random) : oneOf(random, ADDRESSES);
  }

  private number({ minimum = -100, maximum = 100 }: Schema, random: Random): number {
    if (random() < 0.1) return oneOf(random, [minimum, maximum]);
    return minimum + random() * (Math.min(maximum, 1e6) - minimum);
  }
}
