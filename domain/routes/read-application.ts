import { Application, ApplicationId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const readApplication: Route = (server, { accounts }) =>
  server.get(
    '/v1/applications/:application',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'readApplication',
        summary: 'One application',
        tags: ['accounts'],
        params: Type.Object({ application: ApplicationId }),
        response: { 200: Application },
      },
    },
    async ({ params }) => accounts.applications.get(params.application),
  );
