import { Reservation } from '@audiocloud/api';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import { ReservationHeaders, ReservationPath } from './reservation-path.ts';
import type { Route } from './route.ts';

export const cancelReservation: Route = (server, { booking, idempotency }) =>
  server.delete(
    '/v1/reservations/:reservation',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'cancelReservation',
        summary: 'Cancels a reservation: its units are free at once',
        tags: ['reservations'],
        params: ReservationPath,
        headers: ReservationHeaders,
        querystring: DryRunQuery,
        response: { 200: Reservation },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      const revision = wantedRevision(request.headers['if-match']);
      const reservation = await onceOrDry(request, idempotency, (manner) =>
        booking.cancel(principal, params.reservation, revision, manner),
      );
      sendRevision(reply, reservation.revision);
      return reservation;
    },
  );
