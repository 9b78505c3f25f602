import { KeyId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const revokeKey: Route = (server, { accounts, idempotency }) =>
  server.delete(
    '/v1/keys/:key',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'revokeKey',
        summary: 'Ends an API key, and all tokens made with it; their sockets are closed',
        description: 'Keys that were made with it stay: each names its maker.',
        tags: ['accounts'],
        params: Type.Object({ key: KeyId }),
        response: { 204: Type.Null({ description: 'Ended' }) },
      },
    },
    async (request, reply) => {
      await idempotency.once(request, (cause) => accounts.keys.revoke(request.params.key, cause));
      return reply.status(204).send(null);
    },
  );
