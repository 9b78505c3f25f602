import swagger from '@fastify/swagger';
import type { DomainServer } from '../http/server.ts';
import packageJson from '../package.json' with { type: 'json' };
import { type Answered, COMMON_COMPONENTS, withCommonAnswers } from './common-answers.ts';
import { completeSchemas } from './complete-schemas.ts';
import { hoistSchemas } from './hoist-schemas.ts';

/** Where the document came from, whatever that is. */
const SERVERS = [
  { url: '/', description: 'This domain: local, staging or production, as it is set up', 'x-internal': false },
];

/** What is not in the schema of a route: by its operation. */
type Facts = Map<string, { isPublic: boolean; isLimited: boolean }>;

/** Collects the routes that are registered after it, and serves them as OpenAPI 3.1 at /openapi.json. */
export async function openapiRoute(server: DomainServer): Promise<void> {
  const facts: Facts = new Map();
  await server.register(swagger, {
    transform: ({ schema, url, route }) => {
      const { permission, rateLimit } = route.config ?? {};
      const { operationId } = (schema ?? {}) as { operationId?: string };
      if (operationId) facts.set(operationId, { isPublic: permission === 'public', isLimited: rateLimit !== false });
      return { schema, url };
    },
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
        { name: 'media', description: 'Recordings that were imported, and their imports' },
        { name: 'exports', description: 'Files that are made of tasks' },
        { name: 'models', description: 'What instances can be of' },
        { name: 'engines', description: 'What executes tasks' },
        { name: 'instances', description: 'Fixed instances: hardware' },
        { name: 'reservations', description: 'Hardware in advance, and its maintenance' },
        { name: 'events', description: 'What happened, and whom it is told' },
        { name: 'accounts', description: 'Applications, API keys, tokens, sessions, and the audit log' },
        { name: 'service', description: 'The domain itself' },
      ],
    },
  });
  let text: string | undefined;
  server.get('/openapi.json', { config: { permission: 'public' }, schema: { hide: true } }, async (_request, reply) => {
    text ??= JSON.stringify(openapiDocument(server, facts));
    return reply
      .type('application/json; charset=utf-8')
      .serializer((body: string) => body)
      .send(text);
  });
}

function openapiDocument(server: DomainServer, facts: Facts) {
  const { document, schemas } = hoistSchemas(server.swagger());
  const whole = document as { paths: Record<string, Record<string, Answered & { operationId: string }>> };
  const paths = Object.entries(whole.paths).map(([path, methods]) => {
    const operations = Object.entries(methods).map(([method, operation]) => {
      const { isPublic, isLimited } = facts.get(operation.operationId)!;
      const responses = withCommonAnswers(operation, isPublic, isLimited);
      return [method, { ...operation, responses, ...(isPublic ? { security: [] } : {}) }];
    });
    return [path, Object.fromEntries(operations)];
  });
  const components = { ...COMMON_COMPONENTS, schemas };
  const security = [{ bearer: [] }, { session: [] }];
  return completeSchemas({ ...whole, servers: SERVERS, security, paths: Object.fromEntries(paths), components });
}
