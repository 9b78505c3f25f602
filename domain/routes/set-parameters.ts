import { ParameterChanges, ParametersApplied } from '@audiocloud/api';
import type { Route } from './route.ts';
import { REVISION_RULE, TaskPath } from './task-path.ts';

export const setParameters: Route = (server, { tasks }) =>
  server.patch(
    '/v1/tasks/:id/parameters',
    {
      config: { permission: 'parameters' },
      schema: {
        operationId: 'setParameters',
        summary: 'Sets parameters of instances while the task plays',
        description: `Answered when applied; stored within 250 ms. ${REVISION_RULE}`,
        tags: ['tasks'],
        params: TaskPath,
        body: ParameterChanges,
        response: { 200: ParametersApplied },
      },
    },
    async ({ params, body }) => (await tasks.active(params.id)).set(body.changes),
  );
