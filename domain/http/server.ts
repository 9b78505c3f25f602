import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import websocket from '@fastify/websocket';
import { AudioCloudError, ErrorBody } from '@audiocloud/api';
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type TProperties, Type } from 'typebox';
import type { AuditLog } from '../audit/audit-log.ts';
import { auditRequests, entryOf } from '../audit/audit-requests.ts';
import type { Clock } from '../clock/clock.ts';
import type { Draining } from '../lifecycle/draining.ts';
import { requestScope } from '../logging/request-scope.ts';
import type { DomainCounters } from '../metrics/domain-counters.ts';
import type { Authenticator } from '../permissions/authenticator.ts';
import { requirePermission } from '../permissions/gate.ts';
import type { RoutePermission } from '../permissions/permission.ts';
import type { Principal } from '../permissions/principal.ts';
import type { RequestSpan, Tracer } from '../tracing/tracer.ts';
import { SUBPROTOCOL } from '../permissions/credential.ts';
import { refuseUnknownDryRun } from './dry-run-query.ts';
import { refuseDeepJson } from './nesting.ts';
import { OpenSockets } from './open-sockets.ts';
import { requireLocalHost, requireOwnOrigin } from './origin.ts';
import { PrincipalLimit } from './principal-limit.ts';
import { publicError } from './public-error.ts';
import type { TlsContent } from './tls.ts';
import { refuseUnread } from './unread.ts';
import { validator } from './validator.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the sender must be allowed; every route has one. */
    permission?: RoutePermission;
    /** Its answer holds a secret, which must not be kept: it takes no Idempotency-Key. */
    tellsSecret?: boolean;
    /** What comes again is known by something else: it takes no Idempotency-Key. */
    takesNoKey?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; not there on public routes. */
    principal: Principal;
  }
}

/** 10,000 clips of a task with names and fades take about 2 MB. */
const MOST_BODY_BYTES = 4 * 1024 * 1024;

const IdempotencyKey = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 255,
    description:
      'The same request with the same key within 24 hours has one effect and one answer, also when the domain ended meanwhile; ' +
      'with another request the key is refused',
  }),
);
/** Of the tus protocol, in requests and answers. */
const TUS_HEADERS = [
  'tus-resumable',
  'tus-extension',
  'tus-max-size',
  'upload-defer-length',
  'upload-expires',
  'upload-length',
  'upload-metadata',
  'upload-offset',
];
const CHANGES = ['POST', 'PUT', 'PATCH', 'DELETE'];

export interface ServerOptions {
  logger: FastifyBaseLogger;
  authenticator: Authenticator;
  clock: Clock;
  audit: AuditLog;
  requestsPerMinute: number;
  /** Of each key of an application, from wherever it is used. */
  requestsPerMinuteOf(application: string): number;
  /** Pages of these origins may call and connect, with a token of their own. */
  origins: readonly string[];
  /** Addresses of proxies whose word on the client's address is taken. */
  proxies: readonly string[];
  tls?: TlsContent;
  /** Listens on loopback only: requests in the name of any other host are refused. */
  isLocal: boolean;
  counters: DomainCounters;
  tracer: Tracer;
  draining: Draining;
}

/** A server whose every answer that is no success is an ErrorBody with the id of the request in its header. */
export async function createServer(options: ServerOptions) {
  const { logger, authenticator, requestsPerMinute, isLocal, counters, tracer, draining, clock, audit, tls } = options;
  const origins = new Set(options.origins);
  const server = fastify({
    loggerInstance: logger,
    bodyLimit: MOST_BODY_BYTES,
    genReqId: () => randomUUID(),
    forceCloseConnections: true,
    // Two lines for each request, health checks included, hide what matters; see the hook below.
    logController: new fastify.LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    routerOptions: { maxParamLength: 200 },
    clientErrorHandler: refuseUnread,
    // What no route was looked for: no hook runs for it.
    frameworkErrors: (thrown, request, reply) => {
      void reply.header('x-request-id', request.id);
      sendError(publicError(thrown, request.log), request, reply);
    },
    ...(options.proxies.length > 0 ? { trustProxy: [...options.proxies] } : {}),
    // The types of fastify make another server of it; nothing that differs is used.
    ...(tls ? ({ https: tls } as object) : {}),
  }).withTypeProvider<TypeBoxTypeProvider>();

  server.setValidatorCompiler(validator);
  // Answers are made by us, so they are not filtered; the tests compare them with their schemas.
  server.setSerializerCompiler(() => JSON.stringify);
  server.setErrorHandler((thrown, request, reply) => sendError(publicError(thrown, request.log), request, reply));
  const asJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request, body, done) => {
      try {
        refuseDeepJson(body as string);
      } catch (error) {
        done(error as Error);
        return;
      }
      void asJson(request, body as string, done);
    },
  );
  // Bytes of an upload: its route reads them as they come.
  server.addContentTypeParser('application/offset+octet-stream', (_request, _body, done) => done(null));
  server.setNotFoundHandler(({ method, url }) => {
    throw new AudioCloudError('ROUTE_UNKNOWN', `Cannot ${method} ${url.split('?')[0]}: there is no such route`);
  });

  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  server.addHook('onResponse', async ({ method, url, log, routeOptions }, { statusCode, elapsedTime }) => {
    counters.request(method, routeOptions.url ?? 'unknown', statusCode, elapsedTime);
    log.debug({ method, path: pathOf(url), statusCode, elapsedMs: elapsedTime }, 'answered');
  });
  traceRequests(server, tracer);
  // After the body was read, which runs elsewhere: what the route calls is part of the request from here on.
  server.addHook('preValidation', (request, _reply, done) => requestScope.run({ requestId: request.id }, done));
  server.addHook('onRoute', (route) => {
    // Asked by browsers before a request to another origin: answered by the list of origins.
    if (route.method === 'OPTIONS' && route.url === '*') route.config = { ...route.config, permission: 'public' };
    if (!route.config?.permission) throw new Error(`route ${route.url} names no permission`);
    const { schema } = route;
    if (!schema) return;
    schema.response = { ...(schema.response as object), '4xx': ErrorBody, '5xx': ErrorBody };
    const { tellsSecret, takesNoKey } = route.config;
    if (tellsSecret || takesNoKey || ![route.method].flat().some((method) => CHANGES.includes(method))) return;
    const { properties = {} } = (schema.headers ?? {}) as { properties?: TProperties };
    schema.headers = Type.Object({ ...properties, 'idempotency-key': IdempotencyKey });
  });
  server.addHook('preValidation', async (request) => refuseUnknownDryRun(request));

  await server.register(helmet, {
    // No default of helmet upgrades to https here: the domain on loopback speaks http.
    strictTransportSecurity: tls ? { maxAge: 180 * 24 * 60 * 60, includeSubDomains: false } : false,
    // Shared memory between the page's player and its worklet needs both of these.
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
        // Worklet modules count as scripts; 'self' covers ws: to the same host.
        workerSrc: ["'self'", 'blob:'],
        connectSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
  });
  if (origins.size > 0)
    await server.register(cors, {
      origin: [...origins],
      methods: ['GET', 'HEAD', ...CHANGES],
      allowedHeaders: ['authorization', 'content-type', 'if-match', 'idempotency-key', ...TUS_HEADERS],
      exposedHeaders: ['etag', 'location', 'x-request-id', 'media-job', 'tus-version', ...TUS_HEADERS],
      maxAge: 600,
    });
  await server.register(rateLimit, {
    // Its own hooks would come after ours: whoever is refused for what it shows would not be counted.
    global: false,
    max: requestsPerMinute,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { max, ttl }) =>
      new AudioCloudError(
        'RATE_LIMITED',
        `Cannot take more than ${max} requests a minute: wait ${Math.ceil(ttl / 1000)} s`,
      ),
  });
  await server.register(cookie);
  await server.register(websocket, {
    options: {
      maxPayload: MOST_BODY_BYTES,
      handleProtocols: (protocols: Set<string>) => (protocols.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    },
  });
  const sockets = new OpenSockets(authenticator, clock);
  const opening = new WeakMap<IncomingMessage, FastifyRequest>();
  server.websocketServer.on('connection', (socket, raw) => {
    const request = opening.get(raw);
    // No socket is public: who asks was found out before.
    if (!request) return socket.terminate();
    sockets.add(socket, request.principal);
    audit.add(entryOf(request, 101));
  });
  server.addHook('onClose', async () => sockets.close());
  auditRequests(server, audit);
  // After the plugin, which ends the socket of an upgrade that was refused only if its own hook came first.
  const limitAddress = server.rateLimit();
  server.addHook('onRequest', async function (request, reply) {
    if (request.routeOptions.config.rateLimit !== false) await limitAddress.call(this, request, reply);
  });
  if (isLocal && options.proxies.length === 0)
    server.addHook('onRequest', async (request) => requireLocalHost(request));
  server.addHook('onRequest', async (request) => {
    if (request.ws || CHANGES.includes(request.method)) requireOwnOrigin(request, origins);
  });
  const limit = new PrincipalLimit(clock, options.requestsPerMinuteOf);
  // Before the body is read, and before a socket is opened.
  server.addHook('onRequest', async (request) => {
    const { permission } = request.routeOptions.config;
    if (permission === undefined || permission === 'public') return;
    request.principal = await authenticator.principalOf(request);
    limit.count(request.principal);
    if (request.ws) opening.set(request.raw, request);
    requirePermission(request.principal, permission, (request.params as { id?: string } | undefined)?.id);
  });
  server.addHook('onRequest', async (request, reply) => {
    // Who watches the domain sees it end.
    if (request.routeOptions.config.permission === 'public' || request.routeOptions.url === '/metrics') return;
    const leave = draining.enter();
    // The socket of a live session stays: the session knows when it is through.
    if (request.ws) leave();
    else reply.raw.once('close', leave);
  });
  return server;
}

function sendError(error: AudioCloudError, request: FastifyRequest, reply: FastifyReply): void {
  request.refusal = error.code;
  if (error.status === 401) void reply.header('www-authenticate', `Bearer realm="Audio Cloud"${challengeOf(error)}`);
  void reply
    .status(error.status)
    .type('application/json; charset=utf-8')
    .serializer(JSON.stringify) // a route may have one of its own
    .send({ ...error.toJSON(), requestId: request.id });
}

/** Why another token is wanted, as RFC 6750 has it. */
const challengeOf = ({ code }: AudioCloudError): string => (code === 'TOKEN_EXPIRED' ? ', error="invalid_token"' : '');

const pathOf = (url: string): string => url.split('?')[0]!;

/** A span for each request, around all that its route does. Nothing where nothing is traced. */
function traceRequests(server: FastifyInstance, tracer: Tracer): void {
  if (!tracer.request) return;
  const spans = new WeakMap<FastifyRequest, RequestSpan>();
  server.addHook('onRequest', async (request) => {
    const { method, url, headers, routeOptions, id } = request;
    const route = routeOptions.url ?? 'unknown';
    const attributes = {
      'http.request.method': method,
      'http.route': route,
      'url.path': pathOf(url),
      'audiocloud.request_id': id,
    };
    const { traceparent } = headers;
    const caller = typeof traceparent === 'string' ? traceparent : undefined;
    const span = tracer.request?.(`${method} ${route}`, attributes, caller);
    if (span) spans.set(request, span);
  });
  server.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.run(done);
    else done();
  });
  server.addHook('onResponse', async (request, { statusCode }) => {
    spans.get(request)?.end({ 'http.response.status_code': statusCode }, statusCode >= 500);
  });
}

export type DomainServer = Awaited<ReturnType<typeof createServer>>;
