import { AudioCloudError } from '@audiocloud/api';
import type { FastifyRequest } from 'fastify';

/** Pages of which origins may do what only pages of this domain may. */
export type AllowedOrigins = ReadonlySet<string>;

/**
 * Refuses what a page of another site asks for: browsers let any page connect a socket, and send forms with the cookies of this
 * site, and tell only by `Origin`.
 *
 * Programs send none and are let in. Throws ORIGIN_FORBIDDEN.
 */
export function requireOwnOrigin({ headers, protocol }: FastifyRequest, allowed: AllowedOrigins): void {
  const { origin, host } = headers;
  if (origin === undefined || allowed.has(origin)) return;
  const from = URL.canParse(origin) ? new URL(origin) : undefined;
  // Whoever stands between may write into pages that came without TLS.
  if (from?.host === host && (protocol === 'http' || from?.protocol === 'https:')) return;
  throw new AudioCloudError('ORIGIN_FORBIDDEN', `Cannot take a request from ${origin}: wanted the origin of ${host}`, {
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
