import { TaskDocument, TaskMove } from '@audiocloud/api';
import { sendRevision } from '../http/revision-tag.ts';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

export const moveTask: Route = (server, { tasks, idempotency }) =>
  server.post(
    '/v1/tasks/:id/move',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'moveTask',
        summary: 'Moves a task to another engine',
        description:
          'It goes on at its playhead, with its values and what its plugins keep; streams go on from there. When the other engine refuses it, it stays where it is.',
        tags: ['tasks'],
        params: TaskPath,
        body: TaskMove,
        response: { 200: TaskDocument },
      },
    },
    async (request, reply) => {
      const document = await idempotency.once(request, (cause) =>
        tasks.of(request.principal.application).move(request.params.id, request.body.engine, cause),
      );
      sendRevision(reply, document.revision);
      return document;
    },
  );
