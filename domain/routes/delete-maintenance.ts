import { MaintenanceId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const deleteMaintenance: Route = (server, { booking, idempotency }) =>
  server.delete(
    '/v1/maintenance/:maintenance',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'deleteMaintenance',
        summary: 'Ends a maintenance window, or calls it off',
        tags: ['reservations'],
        params: Type.Object({ maintenance: MaintenanceId }),
        response: { 204: Type.Null({ description: 'Deleted' }) },
      },
    },
    async (request, reply) => {
      const { maintenance } = request.params;
      await idempotency.once(request, (cause) => booking.deleteMaintenance(maintenance, { cause }));
      return reply.status(204).send(null);
    },
  );
