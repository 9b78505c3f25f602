import { Reservation, ReservationAccept } from '@audiocloud/api';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import { ReservationHeaders, ReservationPath } from './reservation-path.ts';
import type { Route } from './route.ts';

export const acceptReservation: Route = (server, { booking, idempotency }) =>
  server.post(
    '/v1/reservations/:reservation/accept',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'acceptReservation',
        summary: 'Takes over a reservation that another application offers, with its time and units',
        tags: ['reservations'],
        params: ReservationPath,
        headers: ReservationHeaders,
        querystring: DryRunQuery,
        body: ReservationAccept,
        response: { 200: Reservation },
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request;
      const revision = wantedRevision(request.headers['if-match']);
      const reservation = await onceOrDry(request, idempotency, (manner) =>
        booking.accept(principal, params.reservation, body.task, revision, manner),
      );
      sendRevision(reply, reservation.revision);
      return reservation;
    },
  );
