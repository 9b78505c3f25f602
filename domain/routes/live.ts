import { AudioCloudError } from '@audiocloud/api';
import { Type } from 'typebox';
import { entryOf } from '../audit/audit-requests.ts';
import { LiveSession } from '../live/live-session.ts';
import { requirePermission } from '../permissions/gate.ts';
import type { ActiveTask } from '../tasks/active-task.ts';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

/** Refusals come before the upgrade, as HTTP answers. */
export const live: Route = (server, { tasks, presets, idempotency, sessions, peers, clock, tracer, audit }) => {
  const tasksOf = new WeakMap<object, ActiveTask>();
  server.route({
    method: 'GET',
    url: '/v1/tasks/:id/live',
    config: { permission: 'read' },
    schema: {
      operationId: 'openLive',
      summary: 'WebSocket of a task: control, events, meters, sound',
      description: 'The messages are described in /asyncapi.json.',
      tags: ['tasks'],
      params: TaskPath,
      response: { 101: Type.Null({ description: 'The protocol is WebSocket from here on' }) },
    },
    preHandler: async (request) => {
      if (request.ws) tasksOf.set(request, await tasks.of(request.principal.application).active(request.params.id));
    },
    handler: () => {
      throw new AudioCloudError('REQUEST_INVALID', 'Cannot read the live messages over HTTP: open a WebSocket here');
    },
    wsHandler: (socket, request) => {
      const task = tasksOf.get(request)!;
      new LiveSession({
        socket,
        task,
        presets,
        idempotency,
        sessions,
        peers,
        principal: request.principal,
        clock,
        logger: request.log,
        tracer,
        requestId: request.id,
        require: (permission) => {
          try {
            requirePermission(request.principal, permission, task.id);
          } catch (error) {
            const what = `live message that wants '${permission}'`;
            audit.add({ ...entryOf(request, 403, 'PERMISSION_DENIED'), what });
            throw error;
          }
        },
      });
    },
  });
};
