import { Type } from 'typebox';
import { UPLOADS_PATH } from '../media/upload/tus-servers.ts';
import type { Route } from './route.ts';
import { sendTus, tusVersion } from './send-tus.ts';
import { TusHeaders } from './tus-headers.ts';
import { UploadPath } from './upload-path.ts';

export const appendUpload: Route = (server, { uploads }) =>
  server.patch(
    `${UPLOADS_PATH}/:upload`,
    {
      // The offset says what a request that comes again is.
      config: { permission: 'media', takesNoKey: true },
      preValidation: tusVersion,
      schema: {
        operationId: 'appendUpload',
        summary: 'Sends more of an upload (tus 1.0)',
        description:
          'The bytes from `Upload-Offset` on, as application/offset+octet-stream. The answer that completes it names the import in `Media-Job`.',
        tags: ['media'],
        params: UploadPath,
        headers: TusHeaders(['upload-offset', 'upload-length']),
        response: { 204: Type.Null({ description: 'So far it is there: `Upload-Offset`' }) },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      return sendTus(reply, await uploads.append(principal.application, params.upload, request));
    },
  );
