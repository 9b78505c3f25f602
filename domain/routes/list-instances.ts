import { FixedInstanceList } from '@audiocloud/api';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listInstances: Route = (server, { instances }) =>
  server.get(
    '/v1/instances',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listInstances',
        summary: 'The fixed instances: hardware that the engines reach, by id, in pages',
        tags: ['instances'],
        querystring: PageQuery,
        response: { 200: FixedInstanceList },
      },
    },
    async (request, reply) =>
      sendPage(
        { request, reply },
        'instances',
        sortedPageOf(instances.list(request.principal.application), ({ id }) => id, request.query),
      ),
  );
