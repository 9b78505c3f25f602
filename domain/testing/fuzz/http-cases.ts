import { below, brokenText, hostileValue, type Json, oneOf, type Random, spoiled } from './hostile-json.ts';
import { anId } from './ids.ts';
import { type Schema, SchemaValues } from './schema-values.ts';

/** One request. */
export interface HttpCase {
  /** What it is of, for the report. */
  operation: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Uint8Array | undefined;
}

interface Operation {
  operationId?: string;
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

/** Right requests for these read all plugins again or start an engine, which takes a second of processor time: asked seldom. */
const SLOW = ['rescanPlugins', 'registerEngine'];
const SLOW_SHARE = 0.02;
const OTHER_METHODS = ['TRACE', 'OPTIONS', 'HEAD', 'PATCH', 'PROPFIND', 'DELETE', 'PUT'];
/** Of the domain: what is longer is refused. */
export const MOST_BODY_BYTES = 4 * 1024 * 1024;
const OVERSIZE = new Uint8Array(MOST_BODY_BYTES + 1).fill(0x20);

/** Requests of every operation of an OpenAPI document: right, nearly right, wrong in one place, and no requests at all. */
export class HttpCases {
  private readonly operations: { name: string; method: string; path: string; operation: Operation }[];
  private readonly values: SchemaValues;

  constructor(document: OpenApi) {
    this.values = new SchemaValues(document);
    this.operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: operation.operationId ?? `${method} ${path}`,
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
  }

  get names(): string[] {
    return this.operations.map(({ name }) => name);
  }

  make(random: Random, authorization: string): HttpCase {
    let chosen = oneOf(random, this.operations);
    while (SLOW.includes(chosen.name) && random() > SLOW_SHARE) chosen = oneOf(random, this.operations);
    const { name, operation, path: pattern } = chosen;
    const method = random() < 0.02 ? oneOf(random, OTHER_METHODS) : chosen.method;
    const query = (operation.parameters ?? []).filter((one) => one.in === 'query' && random() < 0.4);
    const path = [
      pattern.replace(/\{\w+\}/g, () => encodeURIComponent(anId(random)).slice(0, 2000)),
      query
        .map(({ name: key, schema }) => {
          const value = random() < 0.6 ? this.values.value(schema, random) : hostileValue(random);
          return `${key}=${encodeURIComponent(wellFormed(typeof value === 'string' ? value : JSON.stringify(value))).slice(0, 500)}`;
        })
        .join('&'),
    ]
      .filter((part) => part !== '')
      .join('?');
    const body = this.body(operation, random);
    return { operation: name, method, path, headers: this.headers(random, body !== undefined, authorization), body };
  }

  private headers(random: Random, hasBody: boolean, authorization: string): Record<string, string> {
    const headers: Record<string, string> = random() < 0.02 ? {} : { authorization };
    if (random() < (hasBody ? 0.95 : 0.02)) headers['content-type'] = 'application/json';
    else if (hasBody || random() < 0.02)
      headers['content-type'] = oneOf(random, [
        'text/plain',
        'application/xml',
        'multipart/form-data; boundary=x',
        'application/json; charset=utf-7',
        ';;;',
      ]);
    if (random() < 0.2)
      headers['if-match'] = oneOf(random, ['"1"', '*', 'W/"1"', '"', '1', '"99999999999999999999"', '"1", "2"']);
    if (random() < 0.3)
      headers['idempotency-key'] = oneOf(random, [
        'again',
        '',
        'k'.repeat(255),
        'k'.repeat(256),
        String(below(random, 1e9)),
      ]);
    if (random() < 0.02) headers['host'] = oneOf(random, ['evil.example', '', 'localhost:1', '[::1']);
    if (random() < 0.02) headers['origin'] = oneOf(random, ['https://evil.example', 'null', '']);
    if (random() < 0.02) headers['traceparent'] = oneOf(random, ['00-x-y-z', '']);
    if (random() < 0.02) headers['content-encoding'] = 'gzip';
    return headers;
  }

  private body({ requestBody }: Operation, random: Random): Uint8Array | undefined {
    const schema = requestBody?.content['application/json']?.schema;
    if (!schema) return random() < 0.1 ? brokenText('{"a":1}', random) : undefined;
    const kind = random();
    if (kind < 0.001) return OVERSIZE;
    const value = this.values.value(schema, random);
    if (kind < 0.5) return encode(value);
    if (kind < 0.85) return encode(spoiled(value, random));
    if (kind < 0.9) return encode(hostileValue(random));
    return brokenText(JSON.stringify(value), random);
  }
}

/** encodeURIComponent throws for halves of a pair. */
const wellFormed = (text: string): string => text.toWellFormed();
const encode = (value: Json): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
