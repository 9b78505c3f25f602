import { Type } from 'typebox';
import { wantedRevision } from '../http/revision-tag.ts';
import type { Route } from './route.ts';
import { RevisionHeaders, TaskPath } from './task-path.ts';

export const deleteTask: Route = (server, { tasks, idempotency }) =>
  server.delete(
    '/v1/tasks/:id',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'deleteTask',
        summary: 'Stops and deletes a task',
        tags: ['tasks'],
        params: TaskPath,
        headers: RevisionHeaders,
        response: { 204: Type.Null({ description: 'Deleted' }) },
      },
    },
    async (request, reply) => {
      const revision = wantedRevision(request.headers['if-match']);
      await idempotency.once(request, (cause) =>
        tasks.of(request.principal.application).remove(request.params.id, revision, cause),
      );
      return reply.status(204).send(null);
    },
  );
