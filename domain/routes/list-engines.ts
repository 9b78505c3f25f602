import { EngineList } from '@audiocloud/api';
import { engineStatus } from './engine-status.ts';
import type { Route } from './route.ts';

export const listEngines: Route = (server, { engine }) =>
  server.get(
    '/v1/engines',
    {
      config: { permission: 'read' },
      schema: { operationId: 'listEngines', summary: 'The engines', tags: ['engines'], response: { 200: EngineList } },
    },
    async ({ principal }) => ({ engines: [engineStatus(engine, principal.application)] }),
  );
