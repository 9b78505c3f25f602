import { EventPage } from '@audiocloud/api';
import { readEventQuery, TaskEventQuery } from './event-query.ts';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

export const listTaskEvents: Route = (server, { journal }) =>
  server.get(
    '/v1/tasks/:id/events',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listTaskEvents',
        summary: 'What happened to one task, also to one that was deleted',
        description: 'The numbers are those of the domain: they rise, with gaps.',
        tags: ['tasks', 'events'],
        params: TaskPath,
        querystring: TaskEventQuery,
        response: { 200: EventPage },
      },
    },
    async ({ params, query, principal }) => {
      const { after = 0, limit, filter } = readEventQuery({ ...query, task: params.id });
      return journal.read(after, limit, { ...filter, application: principal.application });
    },
  );
