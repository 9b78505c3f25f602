import { TokenId } from '@audiocloud/api';
import { Type } from 'typebox';
import { requirePermission } from '../permissions/gate.ts';
import type { Route } from './route.ts';

export const endToken: Route = (server, { accounts, idempotency }) =>
  server.delete(
    '/v1/tokens/:token',
    {
      config: { permission: 'known' },
      schema: {
        operationId: 'endToken',
        summary: 'Ends a token and all that were made with it; their sockets are closed',
        description: 'The one that is shown; any other wants the permission `administration`.',
        tags: ['accounts'],
        params: Type.Object({ token: TokenId }),
        response: { 204: Type.Null({ description: 'Ended' }) },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      if (params.token !== principal.token?.id) requirePermission(principal, 'administration');
      await idempotency.once(request, () => accounts.tokens.end(params.token));
      return reply.status(204).send(null);
    },
  );
