import { Preset, PresetDocument } from '@audiocloud/api';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import { PresetPath, PresetRevisionHeaders } from './preset-path.ts';
import type { Route } from './route.ts';

export const replacePreset: Route = (server, { presets }) =>
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
    async ({ params, headers, body }, reply) => {
      const document = await presets.replace(params.preset, body, wantedRevision(headers['if-match']));
      sendRevision(reply, document.revision);
      return document;
    },
  );
