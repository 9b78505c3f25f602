import { AudioCloudError, EngineId, EngineStatus } from '@audiocloud/api';
import { Type } from 'typebox';
import { engineStatus } from './engine-status.ts';
import type { Route } from './route.ts';

export const readEngine: Route = (server, { engine }) =>
  server.get(
    '/v1/engines/:engine',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readEngine',
        summary: 'One engine',
        tags: ['engines'],
        params: Type.Object({ engine: EngineId }),
        response: { 200: EngineStatus },
      },
    },
    async ({ params }) => {
      const status = engineStatus(engine);
      if (params.engine === status.id) return status;
      throw new AudioCloudError('ROUTE_UNKNOWN', `Cannot find engine ${params.engine}: there is ${status.id}`, {
        engine: params.engine,
      });
    },
  );
