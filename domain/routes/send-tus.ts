import type { FastifyReply, FastifyRequest } from 'fastify';
import { requireTusVersion, type TusAnswer, TUS_VERSION } from '../media/upload/tus-servers.ts';

/** Every answer of the protocol says its version, a refusal too. Throws UPLOAD_VERSION. */
export async function tusVersion({ headers }: FastifyRequest, reply: FastifyReply): Promise<void> {
  void reply.headers({ 'tus-resumable': TUS_VERSION, 'tus-version': TUS_VERSION });
  requireTusVersion(headers['tus-resumable']);
}

/** An answer of the tus protocol. */
export function sendTus(reply: FastifyReply, { status, headers }: TusAnswer): FastifyReply {
  return reply.status(status).headers(headers).send();
}
