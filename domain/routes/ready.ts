import { AudioCloudError, Readiness } from '@audiocloud/api';
import { whyNotReady } from './readiness.ts';
import type { Route } from './route.ts';

export const ready: Route = (server, services) => {
  server.get(
    '/v1/ready',
    {
      config: { permission: 'public', rateLimit: false },
      schema: {
        operationId: 'readReadiness',
        summary: 'Whether the domain takes work: its store answers, an engine is up, and it is not ending',
        description: '503 with DOMAIN_NOT_READY otherwise; its details have the reasons.',
        tags: ['service'],
        response: { 200: Readiness },
      },
    },
    async () => {
      const reasons = await whyNotReady(services);
      if (reasons.length === 0) return { ready: true as const };
      const why = reasons.map(({ message }) => message).join('; ');
      throw new AudioCloudError('DOMAIN_NOT_READY', `Cannot take work now: ${why}`, { reasons });
    },
  );
};
