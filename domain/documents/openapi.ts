import swagger from '@fastify/swagger';
import type { DomainServer } from '../http/server.ts';
import packageJson from '../package.json' with { type: 'json' };
import { hoistSchemas } from './hoist-schemas.ts';

/** Collects the routes that are registered after it, and serves them as OpenAPI 3.1 at /openapi.json. */
export async function openapiRoute(server: DomainServer): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Audio Cloud domain',
        version: packageJson.version,
        description:
          'Tasks are graphs of audio processing that play on an engine. Every error is an ErrorBody; the header ' +
          'x-request-id names the request in the log. Live control and sound: see /asyncapi.json.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: [
        { name: 'tasks', description: 'Graphs, their transport and their parameters' },
        { name: 'presets', description: 'Values that can be recalled' },
        { name: 'models', description: 'What instances can be of' },
        { name: 'engines', description: 'What executes tasks' },
        { name: 'instances', description: 'Fixed instances: hardware' },
        { name: 'events', description: 'What happened, and whom it is told' },
        { name: 'accounts', description: 'Applications, API keys, tokens, sessions, and the audit log' },
        { name: 'service', description: 'The domain itself' },
      ],
    },
  });
  let text: string | undefined;
  server.get('/openapi.json', { config: { permission: 'public' }, schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(openapiDocument(server));
    return reply
      .type('application/json; charset=utf-8')
      .serializer((body: string) => body)
      .send(text);
  });
}

function openapiDocument(server: DomainServer) {
  const { document, schemas } = hoistSchemas(server.swagger());
  const whole = document as { components?: object };
  return { ...whole, components: { ...whole.components, schemas } };
}
