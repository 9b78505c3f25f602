import { Export } from '@audiocloud/api';
import { ExportPath } from './export-path.ts';
import type { Route } from './route.ts';

export const deleteExport: Route = (server, { exports, idempotency }) =>
  server.delete(
    '/v1/exports/:export',
    {
      config: { permission: 'audio' },
      schema: {
        operationId: 'deleteExport',
        summary: 'Calls an export off; one that has ended is deleted with its files',
        description:
          'Answered when that is durable. One that is under way is cancelled a little later, with the event `export.cancelled`, and nothing of it is left.',
        tags: ['exports'],
        params: ExportPath,
        response: { 200: Export },
      },
    },
    async (request) =>
      idempotency.once(request, (cause) => exports.remove(request.principal.application, request.params.export, cause)),
  );
