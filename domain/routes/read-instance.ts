import { AudioCloudError, FixedInstanceId, FixedInstance } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const readInstance: Route = (server, { instances }) =>
  server.get(
    '/v1/instances/:instance',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readInstance',
        summary: 'One fixed instance: its state, parameters and reports',
        tags: ['instances'],
        params: Type.Object({ instance: FixedInstanceId }),
        response: { 200: FixedInstance },
      },
    },
    async ({ params: { instance }, principal }) => {
      const found = instances.list(principal.application).find(({ id }) => id === instance);
      if (found) return found;
      throw new AudioCloudError(
        'FIXED_INSTANCE_UNKNOWN',
        `Cannot find fixed instance ${instance}: no engine has it; see /v1/instances`,
        { instance },
      );
    },
  );
