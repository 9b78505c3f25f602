import { EventMessage, LiveMessage, LiveRequest } from '@audiocloud/api';
import type { DomainServer } from '../http/server.ts';
import packageJson from '../package.json' with { type: 'json' };
import { hoistSchemas } from './hoist-schemas.ts';

type Message = { properties: { type: { const: string } }; description?: string };

const messagesOf = (schemas: readonly unknown[], prefix: string) =>
  (schemas as Message[]).map((schema) => {
    const type = schema.properties.type.const;
    const name = `${prefix}-${type}`;
    return [
      name,
      { name, title: type, summary: schema.description ?? type, contentType: 'application/json', payload: schema },
    ] as const;
  });
const reference = (channel: string, names: readonly string[]) =>
  names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));

/** The messages of the WebSockets as AsyncAPI 3.1, made from the schemas that check them. */
export function asyncapiDocument(host: string): object {
  const requests = messagesOf(LiveRequest.anyOf, 'request');
  const answers = messagesOf(LiveMessage.anyOf, 'message');
  const packet = {
    name: 'packet',
    title: 'packet',
    summary:
      'A piece of the audio stream, binary: header, meters of the same frames as JSON, samples or coded parts (docs/streams.md)',
    contentType: 'application/octet-stream',
    payload: { type: 'string', format: 'binary' },
  };
  const events = messagesOf(EventMessage.anyOf, 'log');
  const messages = [...requests, ...answers, ['packet', packet] as const];
  const { document, schemas } = hoistSchemas(
    Object.fromEntries([...messages, ...events].map(([name, { payload }]) => [name, payload])),
  );
  const payloads = document as Record<string, unknown>;
  const described = (list: typeof messages | typeof events) =>
    Object.fromEntries(list.map(([name, m]) => [name, { ...m, payload: payloads[name] }]));
  return {
    asyncapi: '3.1.0',
    info: {
      title: 'Audio Cloud live control',
      version: packageJson.version,
      description:
        'One WebSocket for each client of a task. The domain sends a snapshot first. Every request is answered by an ' +
        'ack or an error with its id, in the order of the requests. Events are numbered without gaps for each task, and all ' +
        'clients get the same in the same order; the client that sent a change gets its event as all others do, and knows it ' +
        'by its `origin`. A client that does not read is closed with 1013, connects again and resumes.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: { domain: { host, protocol: 'ws', description: 'This domain' } },
    channels: {
      live: {
        address: '/v1/tasks/{id}/live',
        description: 'Live control of one task',
        parameters: { id: { description: 'Id of the task' } },
        messages: described(messages),
      },
      events: {
        address: '/v1/events/live',
        description:
          'What happens in the domain, in order; the query `after`, `type` and `task` chooses. It takes no messages. A client ' +
          'that does not follow is closed with 1013, and connects again after the last number that came',
        messages: described(events),
      },
    },
    operations: {
      request: {
        action: 'receive',
        summary: 'What the domain takes from a client',
        channel: { $ref: '#/channels/live' },
        messages: reference(
          'live',
          requests.map(([name]) => name),
        ),
      },
      tell: {
        action: 'send',
        summary: 'What the domain sends to a client',
        channel: { $ref: '#/channels/live' },
        messages: reference('live', [...answers.map(([name]) => name), 'packet']),
      },
      follow: {
        action: 'send',
        summary: 'What the domain tells of itself and of all tasks',
        channel: { $ref: '#/channels/events' },
        messages: reference(
          'events',
          events.map(([name]) => name),
        ),
      },
    },
    components: { schemas },
  };
}

export function asyncapiRoute(server: DomainServer): void {
  server.get('/asyncapi.json', { config: { permission: 'public' }, schema: { hide: true } }, async ({ host }) =>
    asyncapiDocument(host),
  );
}
