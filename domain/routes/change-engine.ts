import { EngineChange, EngineStatus } from '@audiocloud/api';
import { EnginePath } from './engine-path.ts';
import type { Route } from './route.ts';

export const changeEngine: Route = (server, { engines, idempotency }) =>
  server.patch(
    '/v1/engines/:engine',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'changeEngine',
        summary: 'Cordons an engine, drains it, or has it take tasks again; declares its resources',
        description:
          'Durable when answered. A draining engine gives its tasks to others, one after another, each from its playhead on; those that no other can take stay, and it says so.',
        tags: ['engines'],
        params: EnginePath,
        body: EngineChange,
        response: { 200: EngineStatus },
      },
    },
    async (request) => idempotency.once(request, (cause) => engines.change(request.params.engine, request.body, cause)),
  );
