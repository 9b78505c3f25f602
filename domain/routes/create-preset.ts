import { PresetCreate, PresetDocument } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
import { requirePermission } from '../permissions/gate.ts';
import type { Route } from './route.ts';

export const createPreset: Route = (server, { presets, tasks, gate }) =>
  server.post(
    '/v1/presets',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'createPreset',
        summary: 'Stores a preset: given values, or those that a task has now',
        tags: ['presets'],
        body: PresetCreate,
        response: { 201: PresetDocument },
      },
    },
    async (request, reply) => {
      const { body } = request;
      if ('capture' in body) requirePermission(gate, request, 'read', body.capture.task);
      const document = await presets.create(body, async (task) => (await tasks.active(task)).saved());
      sendRevision(reply, document.revision);
      return reply.status(201).header('location', `/v1/presets/${document.id}`).send(document);
    },
  );
