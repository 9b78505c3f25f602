import type { FastifyRequest } from 'fastify';

/** Of the session cookie: no script reads it, no other site has it sent, and it never goes without TLS where there is TLS. [any] */
export const attributes = ({ protocol }: Pick<FastifyRequest, 'protocol'>) =>
  ({ path: '/', httpOnly: true, sameSite: 'strict', secure: protocol === 'https' }) as const;
