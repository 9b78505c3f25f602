import { Erasure, ErasureId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const readErasure: Route = (server, { erasures }) =>
  server.get(
    '/v1/erasures/:erasure',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'readErasure',
        summary: 'The receipt of the deletion of an application: whether it is done, and how much went',
        tags: ['accounts'],
        params: Type.Object({ erasure: ErasureId }),
        response: { 200: Erasure },
      },
    },
    async ({ params }) => erasures.get(params.erasure),
  );
