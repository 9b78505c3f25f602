import { AudioCloudError, type ErrorCode } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';

/** Errors of the HTTP framework that are the client's. */
const FRAMEWORK_CODES: { [code: string]: ErrorCode } = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'REQUEST_INVALID',
  FST_ERR_MAX_PARAM_LENGTH: 'ID_INVALID',
};

/**
 * What a client is told of anything that was thrown. [control]
 *
 * What we did not expect goes to the log, and the client learns only that it happened.
 */
export function publicError(thrown: unknown, logger: FastifyBaseLogger): AudioCloudError {
  if (thrown instanceof AudioCloudError && thrown.code !== 'INTERNAL') return thrown;
  const {
    code = '',
    statusCode = 500,
    message,
  } = (thrown ?? {}) as { code?: string; statusCode?: number; message?: string };
  const known = FRAMEWORK_CODES[code];
  if (known || (statusCode >= 400 && statusCode < 500))
    return new AudioCloudError(known ?? 'REQUEST_INVALID', `Cannot read the request: ${message}`);
  logger.error({ err: thrown }, 'unexpected error');
  return new AudioCloudError('INTERNAL', 'Cannot answer: something failed inside the domain');
}
