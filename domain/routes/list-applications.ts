import { ApplicationList } from '@audiocloud/api';
import type { Route } from './route.ts';

export const listApplications: Route = (server, { accounts }) =>
  server.get(
    '/v1/applications',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listApplications',
        summary: 'The applications: tenants of the domain',
        tags: ['accounts'],
        response: { 200: ApplicationList },
      },
    },
    async () => ({ applications: accounts.applications.list() }),
  );
