import { Task, TaskDocument } from '@audiocloud/api';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import type { Route } from './route.ts';
import { REVISION_RULE, RevisionHeaders, TaskPath } from './task-path.ts';

export const replaceTask: Route = (server, { tasks, idempotency }) =>
  server.put(
    '/v1/tasks/:id',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'replaceTask',
        summary: 'Replaces the graph of a task',
        description: `A task that plays goes on from its playhead with the new graph. ${REVISION_RULE}`,
        tags: ['tasks'],
        params: TaskPath,
        headers: RevisionHeaders,
        body: Task,
        response: { 200: TaskDocument },
      },
    },
    async (request, reply) => {
      const revision = wantedRevision(request.headers['if-match']);
      const document = await idempotency.once(request, async (cause) =>
        (await tasks.of(request.principal.application).active(request.params.id)).replace(
          request.body,
          revision,
          cause,
        ),
      );
      sendRevision(reply, document.revision);
      return document;
    },
  );
