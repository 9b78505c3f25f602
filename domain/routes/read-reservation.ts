import { Reservation } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
import { ReservationPath } from './reservation-path.ts';
import type { Route } from './route.ts';

export const readReservation: Route = (server, { booking }) =>
  server.get(
    '/v1/reservations/:reservation',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readReservation',
        summary: 'One reservation',
        tags: ['reservations'],
        params: ReservationPath,
        response: { 200: Reservation },
      },
    },
    async ({ principal, params }, reply) => {
      const reservation = booking.get(principal, params.reservation);
      sendRevision(reply, reservation.revision);
      return reservation;
    },
  );
