import { Type } from 'typebox';
import { UPLOADS_PATH } from '../media/upload/tus-servers.ts';
import type { Route } from './route.ts';
import { sendTus, tusVersion } from './send-tus.ts';
import { TusHeaders } from './tus-headers.ts';

export const createUpload: Route = (server, { uploads, idempotency }) =>
  server.post(
    UPLOADS_PATH,
    {
      config: { permission: 'media' },
      preValidation: tusVersion,
      schema: {
        operationId: 'createUpload',
        summary: 'Begins a resumable upload of media (tus 1.0: creation, with the first bytes where there is a body)',
        description:
          'Its address is in `Location`. Upload-Metadata: `name` or `filename`, `tags` with commas between them, `context` as JSON. When all of it is there it is imported, and `Media-Job` names the import.',
        tags: ['media'],
        headers: TusHeaders(['upload-length', 'upload-defer-length', 'upload-metadata']),
        response: { 201: Type.Null({ description: 'It is begun' }) },
      },
    },
    async (request, reply) => {
      const { application } = request.principal;
      return sendTus(reply, await idempotency.once(request, (cause) => uploads.create(application, request, cause)));
    },
  );
