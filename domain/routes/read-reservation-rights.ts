import { ApplicationId, ReservationRights } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const readReservationRights: Route = (server, { booking }) =>
  server.get(
    '/v1/reservation-rights/:application',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'readReservationRights',
        summary: 'What an application may reserve, and the limits that count for it',
        tags: ['reservations'],
        params: Type.Object({ application: ApplicationId }),
        response: { 200: ReservationRights },
      },
    },
    async ({ params }) => booking.rightsOf(params.application),
  );
