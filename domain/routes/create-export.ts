import { Export, ExportCreate } from '@audiocloud/api';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { onceOrDry } from '../http/once-or-dry.ts';
import { requirePermission } from '../permissions/gate.ts';
import type { Route } from './route.ts';

export const createExport: Route = (server, { exports, idempotency }) =>
  server.post(
    '/v1/exports',
    {
      config: { permission: 'audio' },
      schema: {
        operationId: 'createExport',
        summary: 'Makes files of a task: rendered, or printed through its hardware; now, at a time, or on an event',
        description:
          'Answered when the export is durable; it is followed at /v1/exports/:export and by events. What begins now takes the task as it is; what begins later takes it as it is then. In real time the task is played: that wants the permission `transport` too.',
        tags: ['exports'],
        querystring: DryRunQuery,
        body: ExportCreate,
        response: { 202: Export },
      },
    },
    async (request, reply) => {
      const { principal, body } = request;
      if (body.mode === 'real-time') requirePermission(principal, 'transport', body.task);
      const made = await onceOrDry(request, idempotency, (manner) =>
        exports.create(principal.application, body, manner),
      );
      return reply.status(202).header('location', `/v1/exports/${made.id}`).send(made);
    },
  );
