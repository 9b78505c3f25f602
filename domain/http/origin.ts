import { AudioCloudError } from '@audiocloud/api';
import type { FastifyRequest } from 'fastify';

/**
 * Refuses a socket that a page of another site opens: browsers let any page connect, and tell only by `Origin`.
 *
 * Programs send none and are let in. Throws ORIGIN_FORBIDDEN.
 */
export async function requireSameOrigin({ headers }: FastifyRequest): Promise<void> {
  const { origin, host } = headers;
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new AudioCloudError('ORIGIN_FORBIDDEN', `Cannot connect from ${origin}: wanted the origin of ${host}`, {
    origin,
  });
}

const LOCAL = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/** Whether an address to listen on can be reached from this machine only. */
export const isLocalAddress = (host: string): boolean => LOCAL.test(host.includes('::') ? `[${host}]` : host);

/**
 * Refuses a request that came to loopback under another name: a page whose name was made to point here
 * (DNS rebinding) would count as of the same origin. Throws ORIGIN_FORBIDDEN.
 */
export function requireLocalHost({ headers }: FastifyRequest): void {
  if (LOCAL.test(headers.host ?? '')) return;
  throw new AudioCloudError(
    'ORIGIN_FORBIDDEN',
    `Cannot answer as ${headers.host}: wanted localhost or a loopback address`,
  );
}
