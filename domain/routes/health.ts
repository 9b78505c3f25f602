import { Health } from '@audiocloud/api';
import packageJson from '../package.json' with { type: 'json' };
import { engineState } from './engine-status.ts';
import type { Route } from './route.ts';

export const health: Route = (server, { engine }) => {
  const config = { permission: 'public', rateLimit: false } as const;
  const answer = async () => ({
    status: engine.isUp ? ('ok' as const) : ('degraded' as const),
    version: packageJson.version,
    engine: engineState(engine),
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
          'degraded: the domain answers, its engine is away. Everybody may ask, so of the engine there is no more than that',
        tags: ['service'],
        response: { 200: Health },
      },
    },
    answer,
  );
};
