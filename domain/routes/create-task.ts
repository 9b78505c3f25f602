import { TaskCreate, TaskDocument } from '@audiocloud/api';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { sendRevision } from '../http/revision-tag.ts';
import { requireMedia } from '../permissions/media-gate.ts';
import type { Route } from './route.ts';

export const createTask: Route = (server, { tasks, idempotency }) =>
  server.post(
    '/v1/tasks',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'createTask',
        summary: 'Creates a task, stopped',
        description: 'The engine has to accept the graph before the task is stored.',
        tags: ['tasks'],
        body: TaskCreate,
        querystring: DryRunQuery,
        response: { 201: TaskDocument },
      },
    },
    async (request, reply) => {
      const { body, query, principal } = request;
      requireMedia(principal, body.task);
      const ours = tasks.of(principal.application);
      const document =
        query.dryRun === 'true'
          ? await ours.tryCreate(body.task, body.id)
          : await idempotency.once(request, (cause) => ours.create(body.task, body.id, cause));
      sendRevision(reply, document.revision);
      return reply.status(201).header('location', `/v1/tasks/${document.id}`).send(document);
    },
  );
