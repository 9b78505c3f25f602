import { EventPage } from '@audiocloud/api';
import { EventQuery, readEventQuery } from './event-query.ts';
import type { Route } from './route.ts';

export const listEvents: Route = (server, { journal }) =>
  server.get(
    '/v1/events',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listEvents',
        summary: 'What happened in the domain, in order, from a number on',
        tags: ['events'],
        querystring: EventQuery,
        response: { 200: EventPage },
      },
    },
    async ({ query }) => {
      const { after = 0, limit, filter } = readEventQuery(query);
      return journal.read(after, limit, filter);
    },
  );
