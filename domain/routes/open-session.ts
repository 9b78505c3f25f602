import { Identity, MOST_TOKEN_SECONDS } from '@audiocloud/api';
import { sessionCookie } from '../accounts/account-authenticator.ts';
import { identityOf } from '../permissions/identity.ts';
import { attributes } from './session-cookie.ts';
import type { Route } from './route.ts';

export const openSession: Route = (server, { accounts }) =>
  server.post(
    '/v1/session',
    {
      config: { permission: 'known', tellsSecret: true },
      schema: {
        operationId: 'openSession',
        summary: 'Logs a browser in: puts a token made with the one shown into a cookie',
        description: 'No script can read the cookie, and no page of another site makes a browser send it.',
        tags: ['accounts'],
        response: { 200: Identity },
      },
    },
    async (request, reply) => {
      const { principal } = request;
      const { token, expires } = await accounts.tokens.create(principal, { lifetimeSeconds: MOST_TOKEN_SECONDS });
      const cookie = { ...attributes(request), expires: new Date(expires) };
      return reply.setCookie(sessionCookie(accounts), token, cookie).send({ ...identityOf(principal), expires });
    },
  );
