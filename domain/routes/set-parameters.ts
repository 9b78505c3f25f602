import { ParameterChanges, ParametersApplied } from '@audiocloud/api';
import type { Route } from './route.ts';
import { REVISION_RULE, TaskPath } from './task-path.ts';

export const setParameters: Route = (server, { tasks, idempotency }) =>
  server.patch(
    '/v1/tasks/:id/parameters',
    {
      config: { permission: 'parameters' },
      schema: {
        operationId: 'setParameters',
        summary: 'Sets parameters of instances while the task plays',
        description: `Answered when applied; stored within 250 ms, with an Idempotency-Key before it is answered. ${REVISION_RULE}`,
        tags: ['tasks'],
        params: TaskPath,
        body: ParameterChanges,
        response: { 200: ParametersApplied },
      },
    },
    async (request) =>
      idempotency.once(request, async (cause) =>
        (await tasks.of(request.principal.application).active(request.params.id)).setAndTell(
          request.body.changes,
          cause,
        ),
      ),
  );
