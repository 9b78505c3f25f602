import { AskedMoment, AudioCloudError, Availability, FixedInstanceId, ModelId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

const Query = Type.Object({
  unit: Type.Optional(FixedInstanceId),
  model: Type.Optional(ModelId),
  from: AskedMoment,
  to: AskedMoment,
  leastSeconds: Type.Optional(
    Type.String({
      pattern: '^[0-9]{1,9}$',
      maxLength: 9,
      description: 'Only slots of at least this length; default 0',
    }),
  ),
});

export const readAvailability: Route = (server, { booking }) =>
  server.get(
    '/v1/availability',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readAvailability',
        summary: 'When a unit, or each unit of a model, is free between two moments',
        description:
          'Name either `unit` or `model`. A moment before now counts as now. Rights and limits are not looked at.',
        tags: ['reservations'],
        querystring: Query,
        response: { 200: Availability },
      },
    },
    async ({ query: { unit, model, from, to, leastSeconds } }) => {
      if ((unit === undefined) === (model === undefined))
        throw new AudioCloudError('REQUEST_INVALID', 'Cannot look for free time: name either a unit or a model');
      const of = unit === undefined ? { model: model! } : { unit };
      return booking.availability(of, from, to, Number(leastSeconds ?? 0));
    },
  );
