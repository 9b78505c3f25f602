import { WebhookId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const deleteWebhook: Route = (server, { webhooks, idempotency }) =>
  server.delete(
    '/v1/webhooks/:webhook',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'deleteWebhook',
        summary: 'Ends a webhook; an event that is on its way may still arrive',
        tags: ['events'],
        params: Type.Object({ webhook: WebhookId }),
        response: { 204: Type.Null({ description: 'Deleted' }) },
      },
    },
    async (request, reply) => {
      await idempotency.once(request, (cause) =>
        webhooks.remove(request.principal.application, request.params.webhook, cause),
      );
      return reply.status(204).send(null);
    },
  );
