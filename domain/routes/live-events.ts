import { AudioCloudError } from '@audiocloud/api';
import { Type } from 'typebox';
import { EventSession } from '../events/event-session.ts';
import { LiveEventQuery, readEventQuery } from './event-query.ts';
import type { Route } from './route.ts';

/** Refusals come before the upgrade, as HTTP answers. */
export const liveEvents: Route = (server, { journal, clock }) =>
  server.route({
    method: 'GET',
    url: '/v1/events/live',
    config: { permission: 'administration' },
    schema: {
      operationId: 'openLiveEvents',
      summary: 'WebSocket of the domain: events as they happen',
      description:
        'First the events after `after` that are kept, then the new ones; without it only new ones. A client that does not ' +
        'follow is closed with 1013. The messages are described in /asyncapi.json.',
      tags: ['events'],
      querystring: LiveEventQuery,
      response: { 101: Type.Null({ description: 'The protocol is WebSocket from here on' }) },
    },
    preHandler: async ({ query }) => void readEventQuery(query),
    handler: () => {
      throw new AudioCloudError('REQUEST_INVALID', 'Cannot follow events over HTTP: open a WebSocket here');
    },
    wsHandler: (socket, { query, log }) => {
      const { after = journal.newest, filter } = readEventQuery(query);
      new EventSession({ socket, journal, after, filter, clock, logger: log });
    },
  });
