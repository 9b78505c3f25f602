import { ExportList, ExportState, TaskId } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery, sendPage } from '../http/paging.ts';
import type { Route } from './route.ts';

const Query = Type.Object({
  ...PageQuery.properties,
  state: Type.Optional(ExportState),
  task: Type.Optional(TaskId),
});

export const listExports: Route = (server, { exports }) =>
  server.get(
    '/v1/exports',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listExports',
        summary: 'The exports of the application, by id, in pages',
        description: 'What ended and has no files any more is kept for 30 days.',
        tags: ['exports'],
        querystring: Query,
        response: { 200: ExportList },
      },
    },
    async (request, reply) => {
      const { principal, query } = request;
      const page = await exports.list(principal.application, query, principal.tasks);
      return sendPage({ request, reply }, 'exports', page);
    },
  );
