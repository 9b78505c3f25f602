import { FixedChanges, FixedInstanceId, FixedInstanceSet } from '@audiocloud/api';
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
          'All changes are wanted, or none. Answered when it is known of each what became of it, at the latest after ten seconds: `waiting` are those that are sent as soon as the unit is there, or are on their way; `failed` are tried again.',
        tags: ['instances'],
        params: Type.Object({ instance: FixedInstanceId }),
        body: FixedChanges,
        response: { 200: FixedInstanceSet },
      },
    },
    async (request) => {
      const { principal, params, body } = request;
      booking.requireUse([params.instance], { application: principal.application }, clock.now());
      return idempotency.once(request, () => instances.set(params.instance, body.changes, principal));
    },
  );
