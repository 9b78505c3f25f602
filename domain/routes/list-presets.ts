import { ModelId, PresetList } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const listPresets: Route = (server, { presets }) =>
  server.get(
    '/v1/presets',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listPresets',
        summary: 'The stored presets',
        description: 'Those that come with a model stand in the model.',
        tags: ['presets'],
        querystring: Type.Object({ model: Type.Optional(ModelId) }),
        response: { 200: PresetList },
      },
    },
    async ({ query, principal }) => ({ presets: await presets.of(principal.application).list(query.model) }),
  );
