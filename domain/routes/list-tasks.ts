import { TaskList } from '@audiocloud/api';
import type { Route } from './route.ts';

export const listTasks: Route = (server, { tasks }) =>
  server.get(
    '/v1/tasks',
    {
      config: { permission: 'read' },
      schema: { operationId: 'listTasks', summary: 'All tasks', tags: ['tasks'], response: { 200: TaskList } },
    },
    async ({ principal }) => ({ tasks: await tasks.of(principal.application).list() }),
  );
