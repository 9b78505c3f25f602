import { TaskCreate, TaskDocument } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
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
        response: { 201: TaskDocument },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const document = await idempotency.once(request, (cause) =>
        tasks.of(request.principal.application).create(body.task, body.id, cause),
      );
      sendRevision(reply, document.revision);
      return reply.status(201).header('location', `/v1/tasks/${document.id}`).send(document);
    },
  );
