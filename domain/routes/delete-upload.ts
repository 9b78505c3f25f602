import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { UPLOADS_PATH } from '../media/upload/tus-servers.ts';
import type { Route } from './route.ts';
import { tusVersion } from './send-tus.ts';
import { UploadPath } from './upload-path.ts';

export const deleteUpload: Route = (server, { uploads, idempotency }) =>
  server.delete(
    `${UPLOADS_PATH}/:upload`,
    {
      config: { permission: 'media' },
      preValidation: tusVersion,
      schema: {
        operationId: 'deleteUpload',
        summary: 'Gives up an upload (tus 1.0: termination); MEDIA_IN_USE while it is imported',
        tags: ['media'],
        params: UploadPath,
        response: { 204: Type.Null({ description: 'It is gone' }) },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      await idempotency.once(request as FastifyRequest, () =>
        uploads.remove(principal.application, params.upload).then(() => null),
      );
      return reply.status(204).send(null);
    },
  );
