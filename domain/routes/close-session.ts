import { Type } from 'typebox';
import { sessionCookie } from '../accounts/account-authenticator.ts';
import { attributes } from './session-cookie.ts';
import type { Route } from './route.ts';

export const closeSession: Route = (server, { accounts, idempotency }) =>
  server.delete(
    '/v1/session',
    {
      config: { permission: 'known' },
      schema: {
        operationId: 'closeSession',
        summary: 'Logs a browser out: its token is ended',
        tags: ['accounts'],
        response: { 204: Type.Null({ description: 'Logged out' }) },
      },
    },
    async (request, reply) => {
      const { token } = request.principal;
      await idempotency.once(request, async () => {
        if (token) await accounts.tokens.end(token.id);
      });
      return reply.clearCookie(sessionCookie(accounts), attributes(request)).status(204).send(null);
    },
  );
