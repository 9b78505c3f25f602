import { ApplicationId, ReservationRights } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const replaceReservationRights: Route = (server, { booking, idempotency }) =>
  server.put(
    '/v1/reservation-rights/:application',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'replaceReservationRights',
        summary: 'Says what an application may reserve from now on',
        description: 'What is left out is as the configuration has it for everybody. Reservations that are there stay.',
        tags: ['reservations'],
        params: Type.Object({ application: ApplicationId }),
        body: ReservationRights,
        response: { 200: ReservationRights },
      },
    },
    async (request) =>
      idempotency.once(request, (cause) => booking.setRights(request.params.application, request.body, { cause })),
  );
