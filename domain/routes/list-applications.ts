import { ApplicationList } from '@audiocloud/api';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listApplications: Route = (server, { accounts }) =>
  server.get(
    '/v1/applications',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listApplications',
        summary: 'The applications: tenants of the domain, by id, in pages',
        tags: ['accounts'],
        querystring: PageQuery,
        response: { 200: ApplicationList },
      },
    },
    async (request, reply) =>
      sendPage(
        { request, reply },
        'applications',
        sortedPageOf(accounts.applications.list(), ({ id }) => id, request.query),
      ),
  );
