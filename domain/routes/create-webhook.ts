import { WebhookCreate, WebhookCreated } from '@audiocloud/api';
import type { Route } from './route.ts';

export const createWebhook: Route = (server, { webhooks, idempotency }) =>
  server.post(
    '/v1/webhooks',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'createWebhook',
        summary: 'Has events sent to an address, signed and in order',
        description: 'The secret is in this answer only. Its own creation is the first event.',
        tags: ['events'],
        body: WebhookCreate,
        response: { 201: WebhookCreated },
      },
    },
    async (request, reply) => {
      const created = await idempotency.once(request, (cause) =>
        webhooks.create(request.principal.application, request.body, cause),
      );
      return reply.status(201).header('location', `/v1/webhooks/${created.id}`).send(created);
    },
  );
