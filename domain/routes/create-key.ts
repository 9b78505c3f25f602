import { KeyCreate, KeyCreated } from '@audiocloud/api';
import type { Route } from './route.ts';

export const createKey: Route = (server, { accounts }) =>
  server.post(
    '/v1/keys',
    {
      config: { permission: 'administration', tellsSecret: true },
      schema: {
        operationId: 'createKey',
        summary: 'Makes an API key',
        description: 'Its secret is in this answer only. It can do nothing that its maker cannot.',
        tags: ['accounts'],
        body: KeyCreate,
        response: { 201: KeyCreated },
      },
    },
    async ({ principal, body }, reply) => {
      const made = await accounts.keys.create(principal, body);
      return reply.status(201).header('location', `/v1/keys/${made.id}`).send(made);
    },
  );
