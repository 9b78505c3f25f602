import { AudioCloudError } from '@audiocloud/api';
import { Type } from 'typebox';
import { causeBy } from '../events/cause.ts';
import { requireSameOrigin } from '../http/origin.ts';
import { LiveSession } from '../live/live-session.ts';
import { requirePermission } from '../permissions/gate.ts';
import type { ActiveTask } from '../tasks/active-task.ts';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

/** Refusals come before the upgrade, as HTTP answers. */
export const live: Route = (server, { tasks, presets, sessions, clock, tracer }) => {
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
    onRequest: requireSameOrigin,
    preHandler: async (request) => {
      if (request.ws) tasksOf.set(request, await tasks.of(request.principal.application).active(request.params.id));
    },
    handler: () => {
      throw new AudioCloudError('REQUEST_INVALID', 'Cannot read the live messages over HTTP: open a WebSocket here');
    },
    wsHandler: (socket, request) => {
      const task = tasksOf.get(request)!;
      const session = new LiveSession({
        socket,
        task,
        presets,
        clock,
        logger: request.log,
        tracer,
        requestId: request.id,
        cause: causeBy({ request: request.id }),
        require: (permission) => requirePermission(request.principal, permission, task.id),
      });
      sessions.add(session);
      socket.on('close', () => sessions.delete(session));
    },
  });
};
