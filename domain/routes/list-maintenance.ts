import { MaintenanceList } from '@audiocloud/api';
import { PageQuery, sendPage } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listMaintenance: Route = (server, { booking }) =>
  server.get(
    '/v1/maintenance',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listMaintenance',
        summary: 'Maintenance windows that are not over, by their beginning',
        tags: ['reservations'],
        querystring: PageQuery,
        response: { 200: MaintenanceList },
      },
    },
    async (request, reply) => sendPage({ request, reply }, 'maintenance', booking.listMaintenance(request.query)),
  );
