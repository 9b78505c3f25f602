import { Type } from 'typebox';
import { UPLOADS_PATH } from '../media/upload/tus-servers.ts';
import type { Route } from './route.ts';
import { sendTus } from './send-tus.ts';

export const uploadOptions: Route = (server, { uploads }) =>
  server.options(
    UPLOADS_PATH,
    {
      config: { permission: 'public' },
      schema: {
        operationId: 'uploadOptions',
        summary: 'Tells which version and extensions of tus are there, and how large an upload may be',
        tags: ['media'],
        response: { 204: Type.Null({ description: '`Tus-Version`, `Tus-Extension`, `Tus-Max-Size`' }) },
      },
    },
    async (_request, reply) => sendTus(reply, uploads.abilities()),
  );
