import { Type } from 'typebox';
import { EnginePath } from './engine-path.ts';
import type { Route } from './route.ts';

export const removeEngine: Route = (server, { engines, idempotency }) =>
  server.delete(
    '/v1/engines/:engine',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'removeEngine',
        summary: 'Takes an engine out of the domain; one that the domain started ends',
        description:
          'ENGINE_BUSY while it is up and has tasks: drain it first. The tasks of one that is away go to others at once.',
        tags: ['engines'],
        params: EnginePath,
        response: { 204: Type.Null({ description: 'Removed' }) },
      },
    },
    async (request, reply) => {
      await idempotency.once(request, (cause) => engines.remove(request.params.engine, cause));
      return reply.status(204).send(null);
    },
  );
