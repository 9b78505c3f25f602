import { Application, ApplicationChange, ApplicationId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const changeApplication: Route = (server, { accounts, idempotency }) =>
  server.put(
    '/v1/applications/:application',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'changeApplication',
        summary: 'Gives an application another name, other permissions or limits',
        description: 'Counts at once for its keys and tokens; sockets of those that had more are closed.',
        tags: ['accounts'],
        params: Type.Object({ application: ApplicationId }),
        body: ApplicationChange,
        response: { 200: Application },
      },
    },
    async (request) =>
      idempotency.once(request, (cause) =>
        accounts.applications.change(request.params.application, request.body, cause),
      ),
  );
