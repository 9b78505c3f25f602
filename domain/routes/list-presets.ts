import { ModelId, PresetList } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import type { Route } from './route.ts';

export const listPresets: Route = (server, { presets }) =>
  server.get(
    '/v1/presets',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listPresets',
        summary: 'The stored presets, by id, in pages',
        description: 'Those that come with a model stand in the model.',
        tags: ['presets'],
        querystring: Type.Object({ ...PageQuery.properties, model: Type.Optional(ModelId) }),
        response: { 200: PresetList },
      },
    },
    async (request, reply) => {
      const found = await presets.of(request.principal.application).list(request.query.model);
      return sendPage(
        { request, reply },
        'presets',
        sortedPageOf(found, ({ id }) => id, request.query),
      );
    },
  );
