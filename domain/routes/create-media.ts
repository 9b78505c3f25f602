import { MediaCreate, MediaJob } from '@audiocloud/api';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import type { Route } from './route.ts';

export const createMedia: Route = (server, { media, idempotency }) =>
  server.post(
    '/v1/media',
    {
      config: { permission: 'media' },
      schema: {
        operationId: 'createMedia',
        summary: 'Imports media: copies them into the domain, for tasks of this application',
        description:
          'Answered when the job is durable; it is followed at /v1/media-jobs/:job and by events. A task names what was imported by `media:` and its id.',
        tags: ['media'],
        querystring: DryRunQuery,
        body: MediaCreate,
        response: { 202: MediaJob },
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      const job = await onceOrDry(request, idempotency, (manner) => media.create(principal.application, body, manner));
      return reply.status(202).header('location', `/v1/media-jobs/${job.id}`).send(job);
    },
  );
