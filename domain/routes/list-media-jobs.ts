import { MediaJobList, MediaJobState } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery, sendPage } from '../http/paging.ts';
import type { Route } from './route.ts';

const Query = Type.Object({ ...PageQuery.properties, state: Type.Optional(MediaJobState) });

export const listMediaJobs: Route = (server, { media }) =>
  server.get(
    '/v1/media-jobs',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listMediaJobs',
        summary: 'The imports of the application, by id, in pages',
        description: 'What ended is kept for 30 days.',
        tags: ['media'],
        querystring: Query,
        response: { 200: MediaJobList },
      },
    },
    async (request, reply) =>
      sendPage({ request, reply }, 'jobs', await media.jobs(request.principal.application, request.query)),
  );
