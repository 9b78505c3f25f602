import { ErasureList } from '@audiocloud/api';
import { PageQuery, sendPage } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listErasures: Route = (server, { erasures }) =>
  server.get(
    '/v1/erasures',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listErasures',
        summary: 'Receipts of the applications that were deleted, by id, in pages',
        tags: ['accounts'],
        querystring: PageQuery,
        response: { 200: ErasureList },
      },
    },
    async (request, reply) => sendPage({ request, reply }, 'erasures', await erasures.list(request.query)),
  );
