import { MaintenanceCreate, MaintenanceCreated } from '@audiocloud/api';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import type { Route } from './route.ts';

export const createMaintenance: Route = (server, { booking, idempotency }) =>
  server.post(
    '/v1/maintenance',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'createMaintenance',
        summary: 'Keeps a unit, or all units of a model, from being used for a time',
        description: 'It goes before reservations; those that it disturbs are named, and told by an event at once.',
        tags: ['reservations'],
        querystring: DryRunQuery,
        body: MaintenanceCreate,
        response: { 201: MaintenanceCreated },
      },
    },
    async (request, reply) => {
      const created = await onceOrDry(request, idempotency, (manner) =>
        booking.createMaintenance(request.body, manner),
      );
      return reply.status(201).send(created);
    },
  );
