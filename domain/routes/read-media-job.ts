import { MediaJob } from '@audiocloud/api';
import { MediaJobPath } from './media-path.ts';
import type { Route } from './route.ts';

export const readMediaJob: Route = (server, { media }) =>
  server.get(
    '/v1/media-jobs/:job',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readMediaJob',
        summary: 'One import: what is wanted of it, what is, how far it is, and what it waits for',
        tags: ['media'],
        params: MediaJobPath,
        response: { 200: MediaJob },
      },
    },
    async ({ params, principal }) => media.job(principal.application, params.job),
  );
