import { Media } from '@audiocloud/api';
import { MediaPath } from './media-path.ts';
import type { Route } from './route.ts';

export const readMedia: Route = (server, { media }) =>
  server.get(
    '/v1/media/:media',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readMedia',
        summary: 'Imported media: name, tags, size, hash',
        tags: ['media'],
        params: MediaPath,
        response: { 200: Media },
      },
    },
    async ({ params, principal }) => media.get(principal.application, params.media),
  );
