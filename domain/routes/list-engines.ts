import { EngineList } from '@audiocloud/api';
import type { Route } from './route.ts';

export const listEngines: Route = (server, { engines }) =>
  server.get(
    '/v1/engines',
    {
      config: { permission: 'read' },
      schema: { operationId: 'listEngines', summary: 'The engines', tags: ['engines'], response: { 200: EngineList } },
    },
    async () => ({ engines: engines.list.map(({ id }) => engines.status(id)) }),
  );
