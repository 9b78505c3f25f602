import { Preset, PresetDocument } from '@audiocloud/api';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import { PresetPath, PresetRevisionHeaders } from './preset-path.ts';
import type { Route } from './route.ts';

export const replacePreset: Route = (server, { presets, idempotency }) =>
  server.put(
    '/v1/presets/:preset',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'replacePreset',
        summary: 'Replaces a preset',
        tags: ['presets'],
        params: PresetPath,
        headers: PresetRevisionHeaders,
        body: Preset,
        response: { 200: PresetDocument },
      },
    },
    async (request, reply) => {
      const { params, body, principal } = request;
      const revision = wantedRevision(request.headers['if-match']);
      const document = await idempotency.once(request, (cause) =>
        presets.of(principal.application).replace(params.preset, body, revision, cause),
      );
      sendRevision(reply, document.revision);
      return document;
    },
  );
