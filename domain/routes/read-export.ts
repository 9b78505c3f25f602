import { Export } from '@audiocloud/api';
import { ExportPath } from './export-path.ts';
import type { Route } from './route.ts';

export const readExport: Route = (server, { exports }) =>
  server.get(
    '/v1/exports/:export',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readExport',
        summary: 'One export: what is wanted of it, what is, how far it is, its files and its report',
        tags: ['exports'],
        params: ExportPath,
        response: { 200: Export },
      },
    },
    async ({ params, principal }) => exports.get(principal.application, params.export, principal.tasks),
  );
