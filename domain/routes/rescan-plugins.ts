import { PluginScan } from '@audiocloud/api';
import type { Route } from './route.ts';

export const rescanPlugins: Route = (server, { engines, idempotency }) =>
  server.post(
    '/v1/plugins/rescan',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'rescanPlugins',
        summary: 'Reads the plugin folders again',
        description:
          'New models can be used at once. In tasks that play, instances of plugins that changed are replaced with their state, crossfaded.',
        tags: ['models'],
        response: { 200: PluginScan },
      },
    },
    async (request) =>
      idempotency.once(request, async () => {
        const { models, refused } = await engines.rescan(request.principal.application);
        return { models: models.map(({ id, version }) => `${id}@${version}`), refused };
      }),
  );
