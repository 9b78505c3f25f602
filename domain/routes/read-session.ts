import { Identity } from '@audiocloud/api';
import { identityOf } from '../permissions/identity.ts';
import type { Route } from './route.ts';

export const readSession: Route = (server, _services) =>
  server.get(
    '/v1/session',
    {
      config: { permission: 'known' },
      schema: {
        operationId: 'readSession',
        summary: 'Who one is',
        tags: ['accounts'],
        response: { 200: Identity },
      },
    },
    async ({ principal }) => identityOf(principal),
  );
