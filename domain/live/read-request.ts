import { AudioCloudError, check, LiveRequest } from '@audiocloud/api';

const SCHEMAS = new Map(LiveRequest.anyOf.map((schema) => [schema.properties.type.const as string, schema]));

/** A request whose id may be known even if the rest cannot be accepted. */
export type ReadRequest =
  | { id: string | number; request: LiveRequest }
  | { id: string | number | null; error: AudioCloudError };

const refuse = (id: string | number | null, message: string): ReadRequest => ({
  id,
  error: new AudioCloudError('MESSAGE_INVALID', message),
});

/** Reads one message of a client. [any] */
export function readRequest(data: string | undefined): ReadRequest {
  if (data === undefined) return refuse(null, 'Cannot read a binary message: wanted JSON text');
  let message: unknown;
  try {
    message = JSON.parse(data);
  } catch (error) {
    return refuse(null, `Cannot read the message as JSON: ${(error as Error).message}`);
  }
  if (typeof message !== 'object' || message === null) return refuse(null, 'Cannot read the message: wanted an object');
  const { id: given, type } = message as { id?: unknown; type?: unknown };
  const id = isId(given) ? given : null;
  const schema = typeof type === 'string' ? SCHEMAS.get(type) : undefined;
  if (!schema)
    return refuse(
      id,
      `Cannot read the message: its type is ${JSON.stringify(type)}, wanted ${[...SCHEMAS.keys()].join(', ')}`,
    );
  try {
    const request = check(schema, message, `the ${type} request`, 'MESSAGE_INVALID') as LiveRequest;
    return { id: request.id, request };
  } catch (error) {
    return { id, error: error as AudioCloudError };
  }
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' ? value.length >= 1 && value.length <= 64 : Number.isSafeInteger(value);
}
