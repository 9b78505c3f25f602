import { TaskCreate, TaskDocument } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
import type { Route } from './route.ts';

export const createTask: Route = (server, { tasks }) =>
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
    async ({ body }, reply) => {
      const document = await tasks.create(body.task, body.id);
      sendRevision(reply, document.revision);
      return reply.status(201).header('location', `/v1/tasks/${document.id}`).send(document);
    },
  );
