import { AskedMoment, FixedInstanceId, ModelId, ReservationPage, ReservationState, TaskId } from '@audiocloud/api';
import { Type } from 'typebox';
import { readMoment } from '../booking/moment.ts';
import type { ReservationFilter } from '../booking/reservation-page.ts';
import type { Route } from './route.ts';

const Query = Type.Object({
  state: Type.Optional(ReservationState),
  task: Type.Optional(TaskId),
  unit: Type.Optional(FixedInstanceId),
  model: Type.Optional(ModelId),
  from: Type.Optional(AskedMoment),
  to: Type.Optional(AskedMoment),
  after: Type.Optional(
    Type.String({
      pattern: '^[0-9]{15}\\.reservation-[0-9a-f]{12}$',
      maxLength: 40,
      description: '`next` of the page before',
    }),
  ),
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9][0-9]{0,2}|1000)$',
      maxLength: 4,
      description: 'At most so many, 1 to 1000; default 100',
    }),
  ),
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
    async ({ principal, query }) => booking.list(principal, filterOf(query)),
  );

function filterOf({ state, from, to, limit, ...rest }: Type.Static<typeof Query>): ReservationFilter {
  const fromMs = from === undefined ? Number.NEGATIVE_INFINITY : readMoment(from, 'from');
  const toMs = to === undefined ? Number.POSITIVE_INFINITY : readMoment(to, 'to');
  return {
    ...rest,
    ...(state === undefined ? {} : { states: [state] }),
    within: { fromMs, toMs },
    limit: Number(limit ?? 100),
  };
}
