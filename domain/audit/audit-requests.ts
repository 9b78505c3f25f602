import type { ErrorCode } from '@audiocloud/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditLog, NewAuditEntry } from './audit-log.ts';

const READS = ['GET', 'HEAD', 'OPTIONS'];
/** Refusals that somebody who guards the domain wants to see. */
const REFUSALS: readonly string[] = [
  'UNAUTHENTICATED',
  'TOKEN_EXPIRED',
  'PERMISSION_DENIED',
  'ORIGIN_FORBIDDEN',
  'RATE_LIMITED',
] satisfies ErrorCode[];
/** Done many times a second while somebody plays; they are no events either. */
const FREQUENT = ['/v1/tasks/:id/parameters', '/v1/tasks/:id/midi', '/v1/uploads/:upload'];

declare module 'fastify' {
  interface FastifyRequest {
    /** With what the request was refused. */
    refusal?: ErrorCode;
  }
}

/** Notes every change, every socket and every refused try of a server. [control] */
export function auditRequests(server: FastifyInstance, audit: AuditLog): void {
  server.addHook('onResponse', async (request, { statusCode }) => {
    const { method, refusal, routeOptions } = request;
    const { url = 'unknown', config } = routeOptions;
    const isRefused = refusal !== undefined && REFUSALS.includes(refusal);
    const isChange = !READS.includes(method) && config.permission !== undefined && !FREQUENT.includes(url);
    if (isRefused || (isChange && request.principal)) audit.add(entryOf(request, statusCode, refusal));
  });
}

/** What is noted of a request. [any] */
export function entryOf(request: FastifyRequest, status: number, code?: ErrorCode): NewAuditEntry {
  const { principal, method, routeOptions, ip, id, params } = request;
  // Of somebody unknown the path may be anything.
  const on = principal ? Object.entries((params ?? {}) as Record<string, string>) : [];
  return {
    who: principal?.id ?? 'nobody',
    ...(principal?.token ? { token: principal.token.id } : {}),
    ...(principal ? { application: principal.application } : {}),
    from: ip,
    what: `${method} ${routeOptions.url ?? 'unknown'}`,
    ...(on.length > 0 ? { on: Object.fromEntries(on.map(([name, value]) => [name, value.slice(0, 64)])) } : {}),
    status,
    ...(code === undefined ? {} : { code }),
    request: id,
  };
}
