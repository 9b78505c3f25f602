import { ErasedItemList, ErasureId } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery, sendPage } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listErasedItems: Route = (server, { erasures }) =>
  server.get(
    '/v1/erasures/:erasure/items',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listErasedItems',
        summary: 'What went with an application: ids, sizes, hashes and times, by kind and id, in pages',
        tags: ['accounts'],
        params: Type.Object({ erasure: ErasureId }),
        querystring: PageQuery,
        response: { 200: ErasedItemList },
      },
    },
    async (request, reply) =>
      sendPage({ request, reply }, 'items', await erasures.items(request.params.erasure, request.query)),
  );
