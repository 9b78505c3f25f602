import { TaskDocument, TaskEdits } from '@audiocloud/api';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import type { Route } from './route.ts';
import { REVISION_RULE, RevisionHeaders, TaskPath } from './task-path.ts';

export const editTask: Route = (server, { tasks, idempotency }) =>
  server.post(
    '/v1/tasks/:id/edits',
    {
      config: { permission: 'structure' },
      schema: {
        operationId: 'editTask',
        summary: 'Changes the graph as one transaction: all edits or none',
        description: REVISION_RULE,
        tags: ['tasks'],
        params: TaskPath,
        headers: RevisionHeaders,
        body: TaskEdits,
        response: { 200: TaskDocument },
      },
    },
    async (request, reply) => {
      const revision = wantedRevision(request.headers['if-match']);
      const document = await idempotency.once(request, async (cause) =>
        (await tasks.of(request.principal.application).active(request.params.id)).edit(
          request.body.edits,
          revision,
          cause,
        ),
      );
      sendRevision(reply, document.revision);
      return document;
    },
  );
