import { MidiMessages, MidiPlayed } from '@audiocloud/api';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

export const playMidi: Route = (server, { tasks, idempotency }) =>
  server.post(
    '/v1/tasks/:id/midi',
    {
      config: { permission: 'parameters' },
      schema: {
        operationId: 'playMidi',
        summary: 'Plays MIDI messages on instances while the task plays',
        description:
          'Answered when applied; nothing of it is stored. Keys are better played over the live connection, where each message is not a request of its own.',
        tags: ['tasks'],
        params: TaskPath,
        body: MidiMessages,
        response: { 200: MidiPlayed },
      },
    },
    async (request) =>
      idempotency.once(request, async () => ({
        frame: await (await tasks.of(request.principal.application).active(request.params.id)).midi(
          request.body.messages,
        ),
      })),
  );
