import { Reservation, ReservationCreate } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import type { Route } from './route.ts';

export const createReservation: Route = (server, { booking, idempotency }) =>
  server.post(
    '/v1/reservations',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'createReservation',
        summary: 'Reserves fixed instances from one moment to another',
        description:
          'Nobody else gets the units in this time. A refusal says who has one, as far as that concerns you, and until when.',
        tags: ['reservations'],
        querystring: DryRunQuery,
        body: ReservationCreate,
        response: { 201: Reservation },
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      const reservation = await onceOrDry(request, idempotency, (manner) => booking.create(principal, body, manner));
      sendRevision(reply, reservation.revision);
      return reply.status(201).header('location', `/v1/reservations/${reservation.id}`).send(reservation);
    },
  );
