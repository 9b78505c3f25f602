import { Readable } from 'node:stream';
import { growingPieces } from '../exports/growing-pieces.ts';
import { FILE_ANSWERS, RangeHeaders } from '../http/range-headers.ts';
import { sendFile } from '../http/send-file.ts';
import { ExportOutputPath } from './export-path.ts';
import type { Route } from './route.ts';

export const readExportOutput: Route = (server, { exports }) =>
  server.get(
    '/v1/exports/:export/outputs/:output',
    {
      config: { permission: 'audio' },
      schema: {
        operationId: 'readExportOutput',
        summary: 'A file of an export; a download can be resumed',
        description:
          'While it is rendered, or printed, it is sent as it grows, in chunks, without length and ETag; a connection that ends before the last chunk says that the file did not become whole. Before there is anything to send: EXPORT_NOT_READY.',
        tags: ['exports'],
        produces: ['application/octet-stream'],
        params: ExportOutputPath,
        headers: RangeHeaders,
        response: FILE_ANSWERS,
      },
    },
    async (request, reply) => {
      const { params, principal } = request;
      const growing = await exports.growing(principal.application, params.export, params.output);
      if (growing) {
        void reply.headers({ 'cache-control': 'no-store', 'accept-ranges': 'none' }).type(growing.mediaType);
        const pieces = request.method === 'HEAD' ? [] : growingPieces(growing);
        return reply.send(Readable.from(pieces, { objectMode: false }) as never);
      }
      const { path, sha256, mediaType, name } = await exports.file(principal.application, params.export, params.output);
      return sendFile({ request, reply }, { path, contentType: mediaType, tag: sha256, name });
    },
  );
