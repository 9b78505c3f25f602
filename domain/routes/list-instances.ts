import { FixedInstanceList } from '@audiocloud/api';
import type { Route } from './route.ts';

export const listInstances: Route = (server, { instances }) =>
  server.get(
    '/v1/instances',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listInstances',
        summary: 'The fixed instances: hardware that the engines reach',
        tags: ['instances'],
        response: { 200: FixedInstanceList },
      },
    },
    async ({ principal }) => ({ instances: instances.list(principal.application) }),
  );
