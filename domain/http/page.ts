import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { DomainServer } from './server.ts';

/** Serves the built page at `/`; where it was not built, one line that says how. */
export async function pageRoute(server: DomainServer, webDir: string | undefined): Promise<void> {
  const config = { permission: 'public' } as const;
  if (webDir === undefined || !existsSync(join(webDir, 'index.html'))) {
    server.get('/', { config, schema: { hide: true } }, async (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .serializer((body: string) => body)
        .send(
          '<!doctype html><title>Audio Cloud</title><p>The page is not built: run <code>npm run build</code>.</p>\n',
        ),
    );
    return;
  }
  await server.register(fastifyStatic, {
    root: webDir,
    // A route of ours instead of the plugin's: every route names its permission.
    serve: false,
    cacheControl: false,
    // The names of assets carry their hash.
    setHeaders: (reply, file) =>
      reply.header('cache-control', /[\\/]assets[\\/]/.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache'),
  });
  server.get<{ Params: { '*': string } }>('/*', { config, schema: { hide: true } }, (request, reply) =>
    reply.sendFile(request.params['*'] || 'index.html'),
  );
}
