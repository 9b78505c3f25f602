import { Webhook, WebhookId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const readWebhook: Route = (server, { webhooks }) =>
  server.get(
    '/v1/webhooks/:webhook',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'readWebhook',
        summary: 'One webhook',
        tags: ['events'],
        params: Type.Object({ webhook: WebhookId }),
        response: { 200: Webhook },
      },
    },
    async ({ params, principal }) => webhooks.get(principal.application, params.webhook),
  );
