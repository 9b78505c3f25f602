import { Recall, Recalled } from '@audiocloud/api';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

export const recallPreset: Route = (server, { tasks, presets, idempotency }) =>
  server.post(
    '/v1/tasks/:id/recall',
    {
      config: { permission: 'parameters' },
      schema: {
        operationId: 'recallPreset',
        summary: 'Brings an instance, or the task, to the values of a preset',
        description:
          'At once, or on a way of some seconds; then it is answered when the first step is applied. Values that are taken ' +
          'when an instance is activated are changed by an edit of the graph.',
        tags: ['tasks'],
        params: TaskPath,
        body: Recall,
        response: { 200: Recalled },
      },
    },
    async (request) =>
      idempotency.once(request, async (cause) =>
        presets.recall(await tasks.of(request.principal.application).active(request.params.id), request.body, cause),
      ),
  );
