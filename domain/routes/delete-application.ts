import { ApplicationId, Erasure } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const deleteApplication: Route = (server, { accounts, idempotency }) =>
  server.delete(
    '/v1/applications/:application',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'deleteApplication',
        summary:
          'Deletes an application that has no tasks, presets, webhooks and reservations, with all else that it has',
        description:
          'Answered when that is durable: nobody asks in its name any more. Its keys, media, imports, uploads and exports go from then on; the erasure, which stays as the receipt, says when that is done, and of what.',
        tags: ['accounts'],
        params: Type.Object({ application: ApplicationId }),
        response: { 202: Erasure },
      },
    },
    async (request, reply) => {
      const erasure = await idempotency.once(request, (cause) =>
        accounts.applications.remove(request.params.application, cause),
      );
      return reply.status(202).header('location', `/v1/erasures/${erasure.id}`).send(erasure);
    },
  );
