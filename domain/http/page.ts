import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { DomainServer } from './server.ts';

/** Serves the built page at `/`; where it was not built, one line that says how. */
export async function pageRoute(server: DomainServer, webDir: string | undefined): Promise<void> {
  const config = { permission: 'public' } as const;
  if (webDir === undefined || !existsSync(join(webDir, 'index.html'))) {
    server.get('/', { config }, async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .serializer((body: string) => body)
        .send(
          '<!doctype html><title>Audio Cloud</title><p>The page is not built: run <code>npm run build</code>.</p>\n',
        ),
    );
    return;
  }
  // The plugin makes its own route, which gets its permission here.
  server.addHook('onRoute', (route) => {
    route.config ??= config;
  });
  await server.register(fastifyStatic, { root: webDir, prefix: '/', globIgnore: ['**/*.map'], wildcard: true });
}
