import schema from '@asyncapi/specs/schemas/3.1.0.json' with { type: 'json' };
import { EventMessage, LiveMessage, LiveRequest } from '@audiocloud/api';
import { Ajv } from 'ajv';
import t from 'tap';
import { asyncapiDocument } from './asyncapi.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document is what a stranger reads
const document = JSON.parse(JSON.stringify(asyncapiDocument('127.0.0.1:7700'))) as any;

/** The schema brings draft 07 with it, so ajv's own is left out; formats (uri, email) say nothing of our structure. */
const validate = new Ajv({ meta: false, validateSchema: false, strict: false, validateFormats: false }).compile(schema);

t.test('the document is AsyncAPI 3.1 by its public schema', async (t) => {
  t.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 5)));
  t.notOk(validate({ ...document, channels: { live: { address: 7 } } }), 'the schema finds faults');
});

t.test('every request and every message is in it, in its direction', async (t) => {
  const names = (operation: string) =>
    document.operations[operation].messages.map(({ $ref }: { $ref: string }) => $ref.split('/').at(-1));
  const types = (schemas: readonly unknown[]) =>
    (schemas as { properties: { type: { const: string } } }[]).map(({ properties }) => properties.type.const);
  t.equal(document.operations.request.action, 'receive');
  t.same(
    names('request'),
    types(LiveRequest.anyOf).map((type) => `request-${type}`),
  );
  t.same(names('tell'), [...types(LiveMessage.anyOf).map((type) => `message-${type}`), 'packet']);
  t.same(
    names('follow'),
    types(EventMessage.anyOf).map((type) => `log-${type}`),
  );
  t.equal(document.channels.events.address, '/v1/events/live');
});

t.test('every reference leads somewhere', async (t) => {
  for (const [, path] of JSON.stringify(document).matchAll(/"\$ref":"#\/(.+?)"/g)) {
    const found = path!.split('/').reduce((node, key) => node?.[key], document);
    t.ok(found, path!);
  }
});
