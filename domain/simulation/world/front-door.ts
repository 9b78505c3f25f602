import { AudioCloudError } from '@audiocloud/api';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { OpenSockets } from '../../http/open-sockets.ts';
import { publicError } from '../../http/public-error.ts';
import type { DomainServer } from '../../http/server.ts';
import type { Authenticator } from '../../permissions/authenticator.ts';
import { requirePermission } from '../../permissions/gate.ts';
import type { RoutePermission } from '../../permissions/permission.ts';
import { ROUTES } from '../../routes/index.ts';
import type { Services } from '../../routes/route.ts';
import type { SimulatedSocket } from './simulated-socket.ts';

/** A request as it comes from a client. */
export interface Ask {
  /** Names it in events and logs. */
  id: string;
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

type Hook = (request: FastifyRequest, reply: FastifyReply) => unknown;
type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

interface Door {
  segments: string[];
  /** Names of the segments that may be anything, by their place. */
  params: [place: number, name: string][];
  permission: RoutePermission;
  hooks: Hook[];
  handler: Handler;
  wsHandler: ((socket: unknown, request: FastifyRequest) => unknown) | undefined;
}

interface RouteOptions {
  config?: { permission?: RoutePermission };
  onRequest?: Hook | Hook[];
  preHandler?: Hook | Hook[];
}

/** Answers as a reply of Fastify does, as far as the routes use one. */
class Reply {
  statusNow = 200;
  readonly headers: Record<string, string> = {};
  body: unknown;
  isSent = false;

  status(status: number): this {
    this.statusNow = status;
    return this;
  }
  code(status: number): this {
    return this.status(status);
  }
  header(name: string, value: unknown): this {
    this.headers[name.toLowerCase()] = String(value);
    return this;
  }
  type(value: string): this {
    return this.header('content-type', value);
  }
  send(body: unknown): this {
    this.body = body;
    this.isSent = true;
    return this;
  }
}

/**
 * The routes of a domain without HTTP: the very routes, their gate, their hooks and their errors, called by requests that are
 * objects. Bodies are not checked against their schemas: what does not fit is tested elsewhere. [control]
 */
export class FrontDoor {
  /** By method and number of segments. */
  readonly #doors = new Map<string, Door[]>();
  readonly #authenticator: Authenticator;
  readonly #sockets: OpenSockets;
  readonly #logger: FastifyBaseLogger;

  constructor(services: Services, authenticator: Authenticator, sockets: OpenSockets, logger: FastifyBaseLogger) {
    this.#authenticator = authenticator;
    this.#sockets = sockets;
    this.#logger = logger;
    const add = (
      method: string,
      url: string,
      options: RouteOptions,
      handler: Handler,
      wsHandler?: Door['wsHandler'],
    ) => {
      const segments = url.split('/');
      const key = `${method} ${segments.length}`;
      const doors = this.#doors.get(key) ?? [];
      this.#doors.set(key, doors);
      doors.push({
        segments,
        params: segments.flatMap((segment, i) => (segment.startsWith(':') ? [[i, segment.slice(1)]] : [])),
        permission: options.config?.permission ?? 'public',
        hooks: [options.onRequest ?? [], options.preHandler ?? []].flat(),
        handler,
        wsHandler,
      });
    };
    const short = (method: string) => (url: string, options: RouteOptions, handler: Handler) =>
      add(method, url, options, handler);
    const server = {
      get: short('GET'),
      post: short('POST'),
      put: short('PUT'),
      patch: short('PATCH'),
      delete: short('DELETE'),
      head: short('HEAD'),
      options: short('OPTIONS'),
      route: (
        options: RouteOptions & { method: string; url: string; handler: Handler; wsHandler?: Door['wsHandler'] },
      ) => add(options.method, options.url, options, options.handler, options.wsHandler),
    };
    for (const route of ROUTES) route(server as unknown as DomainServer, services);
  }

  /** Always settles with an answer; refusals are answers too. */
  async ask(ask: Ask): Promise<Answer> {
    const reply = new Reply();
    try {
      const { door, request } = this.#find(ask);
      await this.#enter(door, request, reply);
      const returned = await door.handler(request, reply as unknown as FastifyReply);
      const body = reply.isSent ? reply.body : returned;
      return { status: reply.statusNow, headers: reply.headers, body: copied(body) };
    } catch (thrown) {
      const error = publicError(thrown, this.#logger);
      return { status: error.status, headers: {}, body: copied({ ...error.toJSON(), requestId: ask.id }) };
    }
  }

  /** Opens a socket. Throws what refuses it. */
  async open(ask: Ask, socketOf: () => SimulatedSocket): Promise<SimulatedSocket> {
    const { door, request } = this.#find(ask, true);
    await this.#enter(door, request, new Reply());
    const socket = socketOf();
    door.wsHandler!(socket, request);
    this.#sockets.add(socket as never, request.principal);
    return socket;
  }

  /** Nobody comes any more. */
  close(): void {
    this.#sockets.close();
  }

  async #enter(door: Door, request: FastifyRequest, reply: Reply): Promise<void> {
    if (door.permission !== 'public') {
      request.principal = await this.#authenticator.principalOf(request);
      requirePermission(request.principal, door.permission, (request.params as { id?: string }).id);
    }
    for (const hook of door.hooks) await hook(request, reply as unknown as FastifyReply);
  }

  #find({ id, method, path, headers, body }: Ask, ws = false): { door: Door; request: FastifyRequest } {
    const [place = '', search = ''] = path.split('?');
    const asked = place.split('/');
    for (const door of this.#doors.get(`${method} ${asked.length}`) ?? []) {
      if (ws !== (door.wsHandler !== undefined)) continue;
      if (!door.segments.every((segment, i) => segment === asked[i] || segment.startsWith(':'))) continue;
      const params = Object.fromEntries(door.params.map(([i, name]) => [name, decodeURIComponent(asked[i]!)]));
      const request = {
        id,
        method,
        url: path,
        params,
        query: search === '' ? {} : Object.fromEntries(new URLSearchParams(search)),
        headers,
        body: copied(body),
        ws,
        ip: '127.0.0.1',
        log: this.#logger,
        routeOptions: { url: door.segments.join('/'), config: { permission: door.permission } },
      };
      return { door, request: request as unknown as FastifyRequest };
    }
    throw new AudioCloudError('ROUTE_UNKNOWN', `Cannot ${method} ${place}: there is no such route`);
  }
}

/** As it is after its way over a wire. */
function copied(body: unknown): unknown {
  return body === undefined ? undefined : JSON.parse(JSON.stringify(body));
}
