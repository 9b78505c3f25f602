import { AudioCloudError, Model, ModelId } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Route } from './route.ts';

export const readModel: Route = (server, { engines }) =>
  server.get(
    '/v1/models/:model',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'readModel',
        summary: 'One model',
        tags: ['models'],
        params: Type.Object({ model: ModelId }),
        response: { 200: Model },
      },
    },
    async ({ params }) => {
      const [id, version] = params.model.split('@');
      const found = engines.models.find((m) => m.id === id && (version === undefined || m.version === version));
      if (found) return found;
      // MODEL_UNKNOWN of a task is 422; here the address itself is wrong.
      throw new AudioCloudError('ROUTE_UNKNOWN', `Cannot find model ${params.model}: no engine offers it`, {
        model: params.model,
      });
    },
  );
