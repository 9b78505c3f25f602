import { MediaJob } from '@audiocloud/api';
import { MediaJobPath } from './media-path.ts';
import type { Route } from './route.ts';

export const cancelMediaJob: Route = (server, { media, idempotency }) =>
  server.delete(
    '/v1/media-jobs/:job',
    {
      config: { permission: 'media' },
      schema: {
        operationId: 'cancelMediaJob',
        summary: 'Calls an import off; one that has ended stays as it is',
        description:
          'Answered when that is durable. The job is cancelled a little later, with the event `media.cancelled`.',
        tags: ['media'],
        params: MediaJobPath,
        response: { 200: MediaJob },
      },
    },
    async (request) =>
      idempotency.once(request, (cause) => media.cancel(request.principal.application, request.params.job, cause)),
  );
