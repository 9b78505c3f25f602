import { ApplicationId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const deleteApplication: Route = (server, { accounts, idempotency }) =>
  server.delete(
    '/v1/applications/:application',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'deleteApplication',
        summary: 'Deletes an application that has no tasks, presets, webhooks and reservations, with its keys',
        tags: ['accounts'],
        params: Type.Object({ application: ApplicationId }),
        response: { 204: Type.Null({ description: 'Deleted' }) },
      },
    },
    async (request, reply) => {
      await idempotency.once(request, (cause) => accounts.applications.remove(request.params.application, cause));
      return reply.status(204).send(null);
    },
  );
