import { WebhookList } from '@audiocloud/api';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listWebhooks: Route = (server, { webhooks }) =>
  server.get(
    '/v1/webhooks',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listWebhooks',
        summary: 'The webhooks and how far each is, by id, in pages',
        tags: ['events'],
        querystring: PageQuery,
        response: { 200: WebhookList },
      },
    },
    async (request, reply) =>
      sendPage(
        { request, reply },
        'webhooks',
        sortedPageOf(webhooks.list(request.principal.application), ({ id }) => id, request.query),
      ),
  );
