import type { FastifyRequest } from 'fastify';
import type { Cause } from '../events/cause.ts';
import type { Idempotency } from './idempotency.ts';

/** How a request is carried out. A dry run decides the same, and changes nothing. */
export interface Manner {
  cause?: Cause;
  isDryRun?: boolean;
}

/** Makes a change once, or tries it. A dry run has no effect that an idempotency key could guard. [control] */
export function onceOrDry<R>(
  request: FastifyRequest<{ Querystring: { dryRun?: 'true' | 'false' } }>,
  idempotency: Idempotency,
  work: (manner: Manner) => Promise<R>,
): Promise<R> {
  if (request.query.dryRun === 'true') return work({ isDryRun: true });
  return idempotency.once(request as FastifyRequest, (cause) => work({ cause }));
}
