import { TokenCreate, TokenCreated } from '@audiocloud/api';
import type { Route } from './route.ts';

export const createToken: Route = (server, { accounts }) =>
  server.post(
    '/v1/tokens',
    {
      config: { permission: 'known', tellsSecret: true },
      schema: {
        operationId: 'createToken',
        summary: 'Makes a short-lived token with what one has, or less',
        tags: ['accounts'],
        body: TokenCreate,
        response: { 201: TokenCreated },
      },
    },
    async ({ principal, body }, reply) => reply.status(201).send(await accounts.tokens.create(principal, body)),
  );
