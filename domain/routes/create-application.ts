import { Application, ApplicationCreate } from '@audiocloud/api';
import type { Route } from './route.ts';

export const createApplication: Route = (server, { accounts, idempotency }) =>
  server.post(
    '/v1/applications',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'createApplication',
        summary: 'Makes an application',
        tags: ['accounts'],
        body: ApplicationCreate,
        response: { 201: Application },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const made = await idempotency.once(request, (cause) => accounts.applications.create(body, cause));
      return reply.status(201).header('location', `/v1/applications/${made.id}`).send(made);
    },
  );
