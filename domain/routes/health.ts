import { Health } from '@audiocloud/api';
import packageJson from '../package.json' with { type: 'json' };
import { engineState } from '../engine/engine-status.ts';
import type { Route } from './route.ts';

export const health: Route = (server, { engines }) => {
  const config = { permission: 'public', rateLimit: false } as const;
  const answer = async () => ({
    status: engines.list.every(({ engine }) => engine.isUp) ? ('ok' as const) : ('degraded' as const),
    version: packageJson.version,
    engines: Object.fromEntries(engines.list.map((engine) => [engine.id, engineState(engine)])),
  });
  // Beside /v1/ready, for those who look for it there.
  server.get('/v1/health', { config, schema: { hide: true } }, answer);
  server.get(
    '/health',
    {
      config,
      schema: {
        operationId: 'readHealth',
        summary: 'Whether the domain can do its work',
        description:
          'degraded: the domain answers, an engine is away. Everybody may ask, so of engines there is no more than that',
        tags: ['service'],
        response: { 200: Health },
      },
    },
    answer,
  );
};
