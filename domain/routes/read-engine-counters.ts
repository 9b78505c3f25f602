import { AudioCloudError, EngineCounters } from '@audiocloud/api';
import { countersOf } from '../tasks/counters-of.ts';
import { EnginePath } from './engine-path.ts';
import type { Route } from './route.ts';

export const readEngineCounters: Route = (server, { engines }) =>
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
        params: EnginePath,
        response: { 200: EngineCounters },
      },
    },
    async ({ params, principal }) => {
      const { id, engine } = engines.get(params.engine);
      if (!engine.counters)
        throw new AudioCloudError(
          'ENGINE_UNAVAILABLE',
          `Cannot read the counters of engine ${id}: ${engine.isUp ? 'it came up less than a second ago' : 'it is away'}`,
        );
      return countersOf(engine.counters, principal.application);
    },
  );
