import { AudioCloudError, EngineCounters } from '@audiocloud/api';
import { Type } from 'typebox';
import { countersOf } from '../tasks/counters-of.ts';
import { engineStatus } from './engine-status.ts';
import type { Route } from './route.ts';

export const readEngineCounters: Route = (server, { engine }) =>
  server.get(
    '/v1/engines/:engine/counters',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readEngineCounters',
        summary: 'What an engine counted: blocks, missed blocks, loads, distributions, faults',
        description:
          'At most a second old; with the tasks of the application that asks. The same numbers for a monitoring system are at /metrics.',
        tags: ['engines'],
        params: Type.Object({ engine: Type.String({ minLength: 1, maxLength: 64 }) }),
        response: { 200: EngineCounters },
      },
    },
    async ({ params, principal }) => {
      const { id } = engineStatus(engine);
      if (params.engine !== id)
        throw new AudioCloudError('ROUTE_UNKNOWN', `Cannot find engine ${params.engine}: there is ${id}`, {
          engine: params.engine,
        });
      if (!engine.counters)
        throw new AudioCloudError(
          'ENGINE_UNAVAILABLE',
          `Cannot read the counters of engine ${id}: ${engine.isUp ? 'it came up less than a second ago' : 'it is away'}`,
        );
      return countersOf(engine.counters, principal.application);
    },
  );
