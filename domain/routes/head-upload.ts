import { Type } from 'typebox';
import { UPLOADS_PATH } from '../media/upload/tus-servers.ts';
import type { Route } from './route.ts';
import { sendTus, tusVersion } from './send-tus.ts';
import { TusHeaders } from './tus-headers.ts';
import { UploadPath } from './upload-path.ts';

export const headUpload: Route = (server, { uploads }) =>
  server.head(
    `${UPLOADS_PATH}/:upload`,
    {
      config: { permission: 'media' },
      preValidation: tusVersion,
      schema: {
        operationId: 'headUpload',
        summary: 'Tells how much of an upload is there (tus 1.0)',
        tags: ['media'],
        params: UploadPath,
        headers: TusHeaders([]),
        response: {
          200: Type.Null({ description: '`Upload-Offset` of `Upload-Length`; `Media-Job` when it is complete' }),
        },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      return sendTus(reply, await uploads.head(principal.application, params.upload, request));
    },
  );
