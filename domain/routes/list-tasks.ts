import { TaskList } from '@audiocloud/api';
import { sendPage } from '../http/paging.ts';
import { TaskQuery } from '../tasks/task-query.ts';
import type { Route } from './route.ts';

export const listTasks: Route = (server, { tasks }) =>
  server.get(
    '/v1/tasks',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listTasks',
        summary: 'The tasks, by id, in pages',
        description: 'Graphs are not among it: see the task itself.',
        tags: ['tasks'],
        querystring: TaskQuery,
        response: { 200: TaskList },
      },
    },
    async (request, reply) => {
      const { application, tasks: seen } = request.principal;
      return sendPage({ request, reply }, 'tasks', tasks.of(application).list(request.query, seen));
    },
  );
