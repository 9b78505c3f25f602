import { KeyCreated, KeyId, KeyRotate } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const rotateKey: Route = (server, { accounts }) =>
  server.post(
    '/v1/keys/:key/rotate',
    {
      config: { permission: 'administration', tellsSecret: true },
      schema: {
        operationId: 'rotateKey',
        summary: 'Gives an API key another secret',
        description:
          'The one before, and tokens made with it, are taken for the overlap. The new one is in this answer only.',
        tags: ['accounts'],
        params: Type.Object({ key: KeyId }),
        body: KeyRotate,
        response: { 200: KeyCreated },
      },
    },
    async ({ principal, params, body }) => accounts.keys.rotate(principal, params.key, body),
  );
