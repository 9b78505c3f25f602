import { ModelList } from '@audiocloud/api';
import type { Route } from './route.ts';

export const listModels: Route = (server, { engines }) =>
  server.get(
    '/v1/models',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listModels',
        summary: 'The models that instances can be of',
        tags: ['models'],
        response: { 200: ModelList },
      },
    },
    async () => ({ models: [...engines.models], engines: engines.offers }),
  );
