import { Task, TaskDocument } from '@audiocloud/api';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import { requireMedia } from '../permissions/media-gate.ts';
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
        querystring: DryRunQuery,
        response: { 200: TaskDocument },
      },
    },
    async (request, reply) => {
      requireMedia(request.principal, request.body, request.params.id);
      const revision = wantedRevision(request.headers['if-match']);
      const { params, query, body, principal } = request;
      const ours = tasks.of(principal.application);
      const document =
        query.dryRun === 'true'
          ? await ours.tryReplace(params.id, body, revision)
          : await idempotency.once(request, async (cause) =>
              (await ours.active(params.id)).replace(body, revision, cause),
            );
      sendRevision(reply, document.revision);
      return document;
    },
  );
