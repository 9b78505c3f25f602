import { Reservation, ReservationChange } from '@audiocloud/api';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import { ReservationHeaders, ReservationPath } from './reservation-path.ts';
import type { Route } from './route.ts';

export const changeReservation: Route = (server, { booking, idempotency }) =>
  server.patch(
    '/v1/reservations/:reservation',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'changeReservation',
        summary: 'Extends, shortens, moves, hands over or offers a reservation',
        description: 'One that has begun keeps its beginning and its units.',
        tags: ['reservations'],
        params: ReservationPath,
        headers: ReservationHeaders,
        querystring: DryRunQuery,
        body: ReservationChange,
        response: { 200: Reservation },
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request;
      const revision = wantedRevision(request.headers['if-match']);
      const reservation = await onceOrDry(request, idempotency, (manner) =>
        booking.change(principal, params.reservation, body, revision, manner),
      );
      sendRevision(reply, reservation.revision);
      return reservation;
    },
  );
