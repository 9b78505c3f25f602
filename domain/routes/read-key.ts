import { Key, KeyId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const readKey: Route = (server, { accounts }) =>
  server.get(
    '/v1/keys/:key',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'readKey',
        summary: 'One API key, without its secret',
        tags: ['accounts'],
        params: Type.Object({ key: KeyId }),
        response: { 200: Key },
      },
    },
    async ({ params }) => accounts.keys.get(params.key),
  );
