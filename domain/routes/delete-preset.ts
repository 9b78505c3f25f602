import { Type } from 'typebox';
import { wantedRevision } from '../http/revision-tag.ts';
import { PresetPath, PresetRevisionHeaders } from './preset-path.ts';
import type { Route } from './route.ts';

export const deletePreset: Route = (server, { presets, idempotency }) =>
  server.delete(
    '/v1/presets/:preset',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'deletePreset',
        summary: 'Deletes a preset',
        tags: ['presets'],
        params: PresetPath,
        headers: PresetRevisionHeaders,
        response: { 204: Type.Null({ description: 'Deleted' }) },
      },
    },
    async (request, reply) => {
      const revision = wantedRevision(request.headers['if-match']);
      await idempotency.once(request, (cause) =>
        presets.of(request.principal.application).remove(request.params.preset, revision, cause),
      );
      return reply.status(204).send(null);
    },
  );
