import { PresetDocument } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
import { PresetPath } from './preset-path.ts';
import type { Route } from './route.ts';

export const readPreset: Route = (server, { presets }) =>
  server.get(
    '/v1/presets/:preset',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readPreset',
        summary: 'One preset',
        tags: ['presets'],
        params: PresetPath,
        response: { 200: PresetDocument },
      },
    },
    async ({ params, principal }, reply) => {
      const document = await presets.of(principal.application).get(params.preset);
      sendRevision(reply, document.revision);
      return document;
    },
  );
