import { AskedMoment, FixedInstanceId, ModelId, ReservationPage, ReservationState, TaskId } from '@audiocloud/api';
import { Type } from 'typebox';
import { readMoment } from '../booking/moment.ts';
import type { ReservationFilter } from '../booking/reservation-page.ts';
import { PageQuery, sendPage } from '../http/paging.ts';
import type { Route } from './route.ts';

const Query = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(ReservationState),
  task: Type.Optional(TaskId),
  unit: Type.Optional(FixedInstanceId),
  model: Type.Optional(ModelId),
  from: Type.Optional(AskedMoment),
  to: Type.Optional(AskedMoment),
});

export const listReservations: Route = (server, { booking }) =>
  server.get(
    '/v1/reservations',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listReservations',
        summary: 'The reservations of the application and those offered to it, by their beginning',
        description: 'With `from` or `to`: those that hold units between them. What is over is kept for 30 days.',
        tags: ['reservations'],
        querystring: Query,
        response: { 200: ReservationPage },
      },
    },
    async (request, reply) => {
      const { principal, query } = request;
      return sendPage({ request, reply }, 'reservations', booking.list(principal, filterOf(query)));
    },
  );

function filterOf({ from, to, ...rest }: Type.Static<typeof Query>): ReservationFilter {
  const fromMs = from === undefined ? Number.NEGATIVE_INFINITY : readMoment(from, 'from');
  const toMs = to === undefined ? Number.POSITIVE_INFINITY : readMoment(to, 'to');
  return { ...rest, within: { fromMs, toMs } };
}
