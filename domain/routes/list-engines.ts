import { EngineList } from '@audiocloud/api';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listEngines: Route = (server, { engines }) =>
  server.get(
    '/v1/engines',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listEngines',
        summary: 'The engines, by id, in pages',
        tags: ['engines'],
        querystring: PageQuery,
        response: { 200: EngineList },
      },
    },
    async (request, reply) =>
      sendPage(
        { request, reply },
        'engines',
        sortedPageOf(
          engines.list.map(({ id }) => engines.status(id, request.principal.application)),
          ({ id }) => id,
          request.query,
        ),
      ),
  );
