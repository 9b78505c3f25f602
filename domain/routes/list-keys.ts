import { ApplicationId, KeyList } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listKeys: Route = (server, { accounts }) =>
  server.get(
    '/v1/keys',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listKeys',
        summary: 'The API keys, without their secrets, by id, in pages',
        tags: ['accounts'],
        querystring: Type.Object({ ...PageQuery.properties, application: Type.Optional(ApplicationId) }),
        response: { 200: KeyList },
      },
    },
    async (request, reply) =>
      sendPage(
        { request, reply },
        'keys',
        sortedPageOf(accounts.keys.list(request.query.application), ({ id }) => id, request.query),
      ),
  );
