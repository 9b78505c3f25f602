import { FILE_ANSWERS, RangeHeaders } from '../http/range-headers.ts';
import { sendFile } from '../http/send-file.ts';
import { fileKindOf, fileNameOf } from '../media/media-content-type.ts';
import { MediaPath } from './media-path.ts';
import type { Route } from './route.ts';

export const readMediaContent: Route = (server, { media }) =>
  server.get(
    '/v1/media/:media/content',
    {
      config: { permission: 'media' },
      schema: {
        operationId: 'readMediaContent',
        summary: 'The file that was imported, byte for byte; a download can be resumed',
        tags: ['media'],
        produces: ['application/octet-stream'],
        params: MediaPath,
        headers: RangeHeaders,
        response: FILE_ANSWERS,
      },
    },
    async (request, reply) => {
      const { media: found, path } = media.contentOf(request.principal.application, request.params.media);
      const kind = fileKindOf(found.facts);
      const name = fileNameOf(found.name, kind);
      return sendFile({ request, reply }, { path, contentType: kind.type, tag: found.sha256, name });
    },
  );
