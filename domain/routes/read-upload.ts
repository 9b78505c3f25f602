import { MediaUpload } from '@audiocloud/api';
import { UPLOADS_PATH } from '../media/upload/tus-servers.ts';
import type { Route } from './route.ts';
import { UploadPath } from './upload-path.ts';

export const readUpload: Route = (server, { uploads }) =>
  server.get(
    `${UPLOADS_PATH}/:upload`,
    {
      config: { permission: 'media' },
      exposeHeadRoute: false, // what tus wants of it is another answer
      schema: {
        operationId: 'readUpload',
        summary: 'Reads how far an upload is, and which import has it',
        tags: ['media'],
        params: UploadPath,
        response: { 200: MediaUpload },
      },
    },
    async ({ principal, params }) => uploads.get(principal.application, params.upload),
  );
