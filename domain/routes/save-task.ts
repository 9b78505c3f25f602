import { Task } from '@audiocloud/api';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

export const saveTask: Route = (server, { tasks }) =>
  server.get(
    '/v1/tasks/:id/saved',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'saveTask',
        summary: 'The task as it is now, with what its plugins keep beside their parameters',
        description: 'Created anew, here or elsewhere, or rendered to a file, it goes on from there.',
        tags: ['tasks'],
        params: TaskPath,
        response: { 200: Task },
      },
    },
    async ({ params, principal }) => (await tasks.of(principal.application).active(params.id)).saved(),
  );
