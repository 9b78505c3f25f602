import { TransportChange, TransportState } from '@audiocloud/api';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

export const changeTransport: Route = (server, { tasks, idempotency }) =>
  server.patch(
    '/v1/tasks/:id/transport',
    {
      config: { permission: 'transport' },
      schema: {
        operationId: 'changeTransport',
        summary: 'Plays, stops, seeks, loops',
        description: 'Durable when answered: a task that plays goes on after the domain or its engine was restarted.',
        tags: ['tasks'],
        params: TaskPath,
        body: TransportChange,
        response: { 200: TransportState },
      },
    },
    async (request) =>
      idempotency.once(request, async (cause) =>
        (await tasks.of(request.principal.application).active(request.params.id)).transport(request.body, cause),
      ),
  );
