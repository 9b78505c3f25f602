import type { FastifyBaseLogger } from 'fastify';
import { type DestinationStream, pino, stdSerializers } from 'pino';
import { redact } from './redact.ts';
import { requestScope } from './request-scope.ts';

/** An error that says itself how it travels does so; of any other the log has all that is known. */
const whole = (error: unknown) => (error instanceof Error && !('toJSON' in error) ? stdSerializers.err(error) : error);

/**
 * Lines of JSON on stdout, each with the id of the request that it belongs to, none with a secret. [control]
 *
 * destination: where else the lines go.
 */
export function createLogger(level = 'info', destination?: DestinationStream): FastifyBaseLogger {
  const options = {
    level,
    serializers: { error: whole },
    mixin: (_line: object, _level: number, logger: pino.Logger) => {
      const requestId = requestScope.getStore()?.requestId;
      return requestId === undefined || 'requestId' in logger.bindings() ? {} : { requestId };
    },
    hooks: { streamWrite: redact },
  };
  return (destination ? pino(options, destination) : pino(options)) as FastifyBaseLogger;
}
