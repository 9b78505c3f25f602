import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Manner } from '../booking/booking-service.ts';
import type { Idempotency } from '../http/idempotency.ts';

/** The query of a change that can be tried. */
export const DryRunQuery = Type.Object({
  dryRun: Type.Optional(
    Type.Unsafe<'true' | 'false'>(
      Type.String({ enum: ['true', 'false'], description: 'Answers as the real request would, and changes nothing' }),
    ),
  ),
});

/** Makes a change once, or tries it. A dry run has no effect that an idempotency key could guard. */
export function onceOrDryRun<R>(
  request: FastifyRequest<{ Querystring: { dryRun?: 'true' | 'false' } }>,
  idempotency: Idempotency,
  work: (manner: Manner) => Promise<R>,
): Promise<R> {
  if (request.query.dryRun === 'true') return work({ isDryRun: true });
  return idempotency.once(request as FastifyRequest, (cause) => work({ cause }));
}
