import { Type } from 'typebox';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import { MediaPath } from './media-path.ts';
import type { Route } from './route.ts';

export const deleteMedia: Route = (server, { media, idempotency }) =>
  server.delete(
    '/v1/media/:media',
    {
      config: { permission: 'media' },
      schema: {
        operationId: 'deleteMedia',
        summary: 'Deletes imported media that no task of the application names',
        tags: ['media'],
        params: MediaPath,
        querystring: DryRunQuery,
        response: { 204: Type.Null({ description: 'Deleted' }) },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      await onceOrDry(request, idempotency, (manner) => media.remove(principal.application, params.media, manner));
      return reply.status(204).send(null);
    },
  );
