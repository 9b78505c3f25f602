import { TaskDocument } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
import type { Route } from './route.ts';
import { REVISION_RULE, TaskPath } from './task-path.ts';

export const readTask: Route = (server, { tasks }) =>
  server.get(
    '/v1/tasks/:id',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readTask',
        summary: 'A task with its state',
        description: REVISION_RULE,
        tags: ['tasks'],
        params: TaskPath,
        response: { 200: TaskDocument },
      },
    },
    async ({ params, principal }, reply) => {
      const document = await tasks.of(principal.application).get(params.id);
      sendRevision(reply, document.revision);
      return document;
    },
  );
