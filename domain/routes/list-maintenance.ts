import { MaintenanceList } from '@audiocloud/api';
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
        response: { 200: MaintenanceList },
      },
    },
    async () => ({ maintenance: booking.listMaintenance() }),
  );
