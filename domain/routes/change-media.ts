import { Media, MediaChange } from '@audiocloud/api';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import { MediaPath } from './media-path.ts';
import type { Route } from './route.ts';

export const changeMedia: Route = (server, { media, idempotency }) =>
  server.patch(
    '/v1/media/:media',
    {
      config: { permission: 'media' },
      schema: {
        operationId: 'changeMedia',
        summary: 'Gives imported media another name, other tags, or another task that they go with (RFC 7396)',
        tags: ['media'],
        consumes: ['application/merge-patch+json', 'application/json'],
        params: MediaPath,
        querystring: DryRunQuery,
        body: MediaChange,
        response: { 200: Media },
      },
    },
    async (request) =>
      onceOrDry(request, idempotency, (manner) =>
        media.change(request.principal.application, request.params.media, request.body, manner),
      ),
  );
