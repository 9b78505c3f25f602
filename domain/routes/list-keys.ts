import { ApplicationId, KeyList } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const listKeys: Route = (server, { accounts }) =>
  server.get(
    '/v1/keys',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listKeys',
        summary: 'The API keys, without their secrets',
        tags: ['accounts'],
        querystring: Type.Object({ application: Type.Optional(ApplicationId) }),
        response: { 200: KeyList },
      },
    },
    async ({ query }) => ({ keys: accounts.keys.list(query.application) }),
  );
