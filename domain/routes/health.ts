import { Health } from '@audiocloud/api';
import packageJson from '../package.json' with { type: 'json' };
import { engineStatus } from './engine-status.ts';
import type { Route } from './route.ts';

export const health: Route = (server, { engine }) =>
  server.get(
    '/health',
    {
      config: { permission: 'public', rateLimit: false },
      schema: {
        operationId: 'readHealth',
        summary: 'Whether the domain can do its work',
        description: 'degraded: the domain answers, its engine is away',
        tags: ['service'],
        response: { 200: Health },
      },
    },
    async () => ({
      status: engine.isUp ? ('ok' as const) : ('degraded' as const),
      version: packageJson.version,
      engine: engineStatus(engine),
    }),
  );
