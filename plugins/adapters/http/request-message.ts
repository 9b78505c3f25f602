import { AudioCloudError } from '@audiocloud/api';

/** One request as the engine sends it. */
export interface RequestMessage {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

const METHODS: readonly unknown[] = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD'];
/** A path with its query: what begins with `//` would name another host. */
const PATH = /^\/(?!\/)[!-"$-~]{0,2047}$/;
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;
const HEADER_VALUE = /^[\t -~]{0,1024}$/;
/** What the adapter says itself. */
const OURS: readonly string[] = [
  'host',
  'authorization',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
];

const refuse = (why: string): never => {
  throw new AudioCloudError('DRIVER_INVALID', `Cannot send the request: ${why}; correct the driver`);
};

/** Reads `{ method, path, headers?, body? }`. [any] Throws DRIVER_INVALID that names what is wrong. */
export function readRequest(bytes: Uint8Array): RequestMessage {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return refuse('it is not JSON');
  }
  if (typeof value !== 'object' || value === null) return refuse('it is no object');
  const { method, path, headers = {}, body, ...more } = value as Record<string, unknown>;
  if (Object.keys(more).length) refuse(`it has a key ${Object.keys(more)[0]}, wanted method, path, headers, body`);
  if (!METHODS.includes(method)) refuse(`its method is no one of ${METHODS.join(', ')}`);
  if (typeof path !== 'string' || !PATH.test(path))
    refuse('its path is none: it begins with one / and is printable ASCII');
  if (typeof headers !== 'object' || headers === null) refuse('its headers are no object');
  for (const [name, text] of Object.entries(headers as object)) {
    if (!HEADER_NAME.test(name) || OURS.includes(name.toLowerCase()))
      refuse(`the header ${name.slice(0, 64)} is not for a driver to set`);
    if (typeof text !== 'string' || !HEADER_VALUE.test(text)) refuse(`the header ${name} is no line of ASCII`);
  }
  return { method, path, headers, body } as RequestMessage;
}

/** A path as messages may show it: what stands behind `?` may be a secret. [any] */
export const shownPath = (path: string): string => path.split('?')[0]!;
