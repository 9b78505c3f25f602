import type { FastifyReply } from 'fastify';
import type { TusAnswer } from '../media/upload/upload-service.ts';

/** An answer of the tus protocol. */
export function sendTus(reply: FastifyReply, { status, headers }: TusAnswer): FastifyReply {
  return reply.status(status).headers(headers).send();
}
