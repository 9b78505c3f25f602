import { EngineStatus } from '@audiocloud/api';
import { EnginePath } from './engine-path.ts';
import type { Route } from './route.ts';

export const readEngine: Route = (server, { engines }) =>
  server.get(
    '/v1/engines/:engine',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readEngine',
        summary: 'One engine: what is wanted of it, what is, and what is waited for',
        tags: ['engines'],
        params: EnginePath,
        response: { 200: EngineStatus },
      },
    },
    async ({ params, principal }) => engines.status(params.engine, principal.application),
  );
