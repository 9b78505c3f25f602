import { brokenText, hostileValue, type Json, oneOf, type Random, spoiled } from './hostile-json.ts';
import { type Schema, SchemaValues } from './schema-values.ts';

export interface AsyncApi {
  operations: Record<string, { action: string; channel: { $ref: string }; messages: { $ref: string }[] }>;
  channels: Record<string, { messages: Record<string, { payload: Schema }> }>;
  components?: { schemas?: Record<string, Schema> };
}

/** One message; `isText` false is a binary one. */
export interface LiveCase {
  data: string | Uint8Array;
  isText: boolean;
}

/** Messages that the domain receives, of every kind in an AsyncAPI document. */
export class LiveCases {
  private readonly payloads: Schema[];
  private readonly values: SchemaValues;

  constructor(document: AsyncApi) {
    this.values = new SchemaValues(document);
    this.payloads = Object.values(document.operations)
      .filter(({ action }) => action === 'receive')
      .flatMap(({ messages }) => messages.map(({ $ref }) => at(document, $ref).payload));
  }

  /** id: so that the answer is known. */
  make(random: Random, id: number): LiveCase {
    const value = this.values.value(oneOf(random, this.payloads), random) as { [key: string]: Json };
    value['id'] = id;
    const kind = random();
    if (kind < 0.55) return text(value);
    if (kind < 0.85) return text(spoiled(value, random));
    if (kind < 0.9) return text(hostileValue(random));
    const bytes = brokenText(JSON.stringify(value), random);
    return kind < 0.97 ? { data: new TextDecoder().decode(bytes), isText: true } : { data: bytes, isText: false };
  }
}

const text = (value: Json): LiveCase => ({ data: JSON.stringify(value), isText: true });

function at(document: AsyncApi, $ref: string): { payload: Schema } {
  const [, , channel, , message] = $ref.split('/');
  return document.channels[channel!]!.messages[message!]!;
}
