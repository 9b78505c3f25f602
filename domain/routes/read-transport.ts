import { TransportState } from '@audiocloud/api';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

export const readTransport: Route = (server, { tasks }) =>
  server.get(
    '/v1/tasks/:id/transport',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readTransport',
        summary: 'Where a task is: playhead, loop, whether it plays',
        description: 'Of a task that no engine has loaded, where it would go on.',
        tags: ['tasks'],
        params: TaskPath,
        response: { 200: TransportState },
      },
    },
    async ({ params, principal }) => tasks.of(principal.application).transportOf(params.id),
  );
