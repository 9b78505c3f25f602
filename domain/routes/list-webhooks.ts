import { WebhookList } from '@audiocloud/api';
import type { Route } from './route.ts';

export const listWebhooks: Route = (server, { webhooks }) =>
  server.get(
    '/v1/webhooks',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listWebhooks',
        summary: 'The webhooks and how far each is',
        tags: ['events'],
        response: { 200: WebhookList },
      },
    },
    async ({ principal }) => ({ webhooks: webhooks.list(principal.application) }),
  );
