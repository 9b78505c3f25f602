import { PresetCreate, PresetDocument } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
import { requirePermission } from '../permissions/gate.ts';
import type { Route } from './route.ts';

export const createPreset: Route = (server, { presets, tasks, idempotency }) =>
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
      if ('capture' in body) requirePermission(request.principal, 'read', body.capture.task);
      const { application } = request.principal;
      const graphOf = async (task: string) => (await tasks.of(application).active(task)).saved();
      const document = await idempotency.once(request, (cause) => presets.of(application).create(body, graphOf, cause));
      sendRevision(reply, document.revision);
      return reply.status(201).header('location', `/v1/presets/${document.id}`).send(document);
    },
  );
