import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { outlets } from '../simulated-outlets.ts';

/** A request as it came. */
export interface Received {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface OutletServer {
  port: number;
  readonly received: Received[];
  /** Connections taken so far. */
  connections(): number;
  end(): Promise<void>;
}

export interface OutletServerOptions {
  port?: number;
  tls?: boolean;
  /** Answers in place of the outlets: true when it did. */
  first?: (request: Received, response: ServerResponse) => boolean;
}

/** Key and certificate of a device that nobody signed, valid for a hundred years. */
export const DEVICE_PEM = readFileSync(join(import.meta.dirname, 'device.pem'));

/** The outlets behind a real socket of this machine. */
export async function outletServer(t: Test, options: OutletServerOptions = {}): Promise<OutletServer> {
  const received: Received[] = [];
  let reply: (answer: { status: number; body: unknown }) => void = () => {};
  const device = outlets((bytes) => reply(JSON.parse(Buffer.from(bytes).toString('utf8'))));
  const listen: RequestListener = async (message, response) => {
    let body = '';
    for await (const part of message) body += part;
    const { method = '', url = '', headers } = message;
    const request = { method, url, headers, body };
    received.push(request);
    if (options.first?.(request, response)) return;
    reply = (answer) => {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
    };
    device.receive(Buffer.from(JSON.stringify({ method, path: url, ...(body ? { body: JSON.parse(body) } : {}) })));
  };
  const server = options.tls ? createTlsServer({ key: DEVICE_PEM, cert: DEVICE_PEM }, listen) : createServer(listen);
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket.on('close', () => sockets.delete(socket)));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const ticking = setInterval(() => device.tick(), 5);
  let ended: Promise<void> | undefined;
  const end = () => {
    clearInterval(ticking);
    ended ??= new Promise((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    return ended;
  };
  t.teardown(end);
  return { port: (server.address() as AddressInfo).port, received, connections: () => connections, end };
}
