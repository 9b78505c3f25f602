import type { FastifyRequest } from 'fastify';
import type { Manner } from '../booking/booking-service.ts';
import type { Idempotency } from '../http/idempotency.ts';

/** Makes a change once, or tries it. A dry run has no effect that an idempotency key could guard. */
export function onceOrDryRun<R>(
  request: FastifyRequest<{ Querystring: { dryRun?: 'true' | 'false' } }>,
  idempotency: Idempotency,
  work: (manner: Manner) => Promise<R>,
): Promise<R> {
  if (request.query.dryRun === 'true') return work({ isDryRun: true });
  return idempotency.once(request as FastifyRequest, (cause) => work({ cause }));
}
