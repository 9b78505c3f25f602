import { TaskDocument, TaskEdits } from '@audiocloud/api';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { sendRevision, wantedRevision } from '../http/revision-tag.ts';
import { requireMedia } from '../permissions/media-gate.ts';
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
        querystring: DryRunQuery,
        response: { 200: TaskDocument },
      },
    },
    async (request, reply) => {
      requireMedia(request.principal, request.body.edits, request.params.id);
      const revision = wantedRevision(request.headers['if-match']);
      const { params, query, body, principal } = request;
      const ours = tasks.of(principal.application);
      const document =
        query.dryRun === 'true'
          ? await ours.tryEdit(params.id, body.edits, revision)
          : await idempotency.once(request, async (cause) =>
              (await ours.active(params.id)).edit(body.edits, revision, cause),
            );
      sendRevision(reply, document.revision);
      return document;
    },
  );
