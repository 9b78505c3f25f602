import { AudioCloudError, InstanceParametersList, Name } from '@audiocloud/api';
import { Type } from 'typebox';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import { instanceParameters } from '../tasks/instance-parameters.ts';
import type { Route } from './route.ts';
import { TaskPath } from './task-path.ts';

const ParametersQuery = Type.Object({
  ...PageQuery.properties,
  instance: Type.Optional({ ...Name, description: 'Only this instance' }),
});

export const readParameters: Route = (server, { tasks }) =>
  server.get(
    '/v1/tasks/:id/parameters',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readParameters',
        summary: 'The values of the instances of a task as they are now, by instance, in pages',
        description:
          'One value for each channel or count, defaults and those of the host (host-bypass, host-mix) included.',
        tags: ['tasks'],
        params: TaskPath,
        querystring: ParametersQuery,
        response: { 200: InstanceParametersList },
      },
    },
    async (request, reply) => {
      const { params, query, principal } = request;
      const { record, models } = await tasks.of(principal.application).asked(params.id);
      const { graph } = record;
      const names = Object.keys(graph.instances ?? {});
      if (query.instance !== undefined && !names.includes(query.instance))
        throw new AudioCloudError(
          'PART_UNKNOWN',
          `Cannot find instance ${query.instance}: task ${params.id} has none`,
          {
            task: params.id,
            instance: query.instance,
          },
        );
      const { items, ...rest } = sortedPageOf(
        query.instance === undefined ? names : [query.instance],
        (name) => name,
        query,
      );
      const page = { items: items.map((name) => instanceParameters(models, graph, name)), ...rest };
      return sendPage({ request, reply }, 'instances', page);
    },
  );
