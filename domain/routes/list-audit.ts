import { AuditPage } from '@audiocloud/api';
import { AuditQuery } from './event-query.ts';
import type { Route } from './route.ts';

export const listAudit: Route = (server, { audit }) =>
  server.get(
    '/v1/audit',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'listAudit',
        summary: 'Who did or tried what, when, from where, with what outcome',
        tags: ['accounts'],
        querystring: AuditQuery,
        response: { 200: AuditPage },
      },
    },
    async ({ query }) => audit.read(Number(query.after ?? 0), Number(query.limit ?? 100)),
  );
