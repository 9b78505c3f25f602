import { FixedChanges, FixedInstance, FixedInstanceId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const setInstanceParameters: Route = (server, { instances, booking, clock, idempotency }) =>
  server.patch(
    '/v1/instances/:instance/parameters',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'setInstanceParameters',
        summary: 'Sets parameters of a fixed instance',
        description:
          'All changes are wanted, or none. Answered when the bytes are sent, or when they have to wait for the unit: they are sent as soon as it is there.',
        tags: ['instances'],
        params: Type.Object({ instance: FixedInstanceId }),
        body: FixedChanges,
        response: { 200: FixedInstance },
      },
    },
    async (request) => {
      const { principal, params, body } = request;
      booking.requireUse([params.instance], { application: principal.application }, clock.now());
      return idempotency.once(request, () => instances.set(params.instance, body.changes, principal));
    },
  );
