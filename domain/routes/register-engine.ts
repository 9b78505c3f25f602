import { EngineRegistration, EngineStatus } from '@audiocloud/api';
import type { Route } from './route.ts';

export const registerEngine: Route = (server, { engines, idempotency }) =>
  server.post(
    '/v1/engines',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'registerEngine',
        summary: 'Registers one more engine',
        description:
          'The domain starts it, or looks for one that listens in the folder named. Answered before it is up: see its state. A restart of the domain finds it again.',
        tags: ['engines'],
        body: EngineRegistration,
        response: { 201: EngineStatus },
      },
    },
    async (request, reply) => {
      const status = await idempotency.once(request, (cause) => engines.register(request.body, cause));
      return reply.status(201).header('location', `/v1/engines/${status.id}`).send(status);
    },
  );
