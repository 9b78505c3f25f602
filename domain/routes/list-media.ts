import { MediaList, MediaTag } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery, sendPage } from '../http/paging.ts';
import type { Route } from './route.ts';

const Query = Type.Object({
  ...PageQuery.properties,
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 128, description: 'Whose name begins so, in any case' })),
  tag: Type.Optional(MediaTag),
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', maxLength: 64, description: 'With this content' })),
});

export const listMedia: Route = (server, { media }) =>
  server.get(
    '/v1/media',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listMedia',
        summary: 'The imported media of the application, by id, in pages',
        tags: ['media'],
        querystring: Query,
        response: { 200: MediaList },
      },
    },
    async (request, reply) =>
      sendPage({ request, reply }, 'media', media.list(request.principal.application, request.query)),
  );
