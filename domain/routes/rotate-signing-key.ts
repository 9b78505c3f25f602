import { SigningKeyRotate } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const rotateSigningKey: Route = (server, { accounts, clock, idempotency }) =>
  server.post(
    '/v1/signing-key/rotate',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'rotateSigningKey',
        summary: 'Has tokens signed with another key from now on',
        tags: ['accounts'],
        body: SigningKeyRotate,
        response: { 204: Type.Null({ description: 'Rotated' }) },
      },
    },
    async (request, reply) => {
      await idempotency.once(request, async () =>
        accounts.signingKeys.rotate(clock.now(), request.body.overlapSeconds),
      );
      return reply.status(204).send(null);
    },
  );
