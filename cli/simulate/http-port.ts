import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { portInUse } from './port-in-use.ts';
import type { VirtualPort, VirtualPortWanted } from './virtual-port.ts';

const HOST = '127.0.0.1';
const MOST_LETTERS = 1_048_576;

/** What a simulated device says, where it is a whole answer. */
function answerOf(bytes: Uint8Array): { status: number; body: unknown } | undefined {
  try {
    const { status, body } = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return Number.isInteger(status) && status >= 200 && status <= 599 ? { status, body } : undefined;
  } catch {
    return undefined;
  }
}

/** All of a body, but no end of it; undefined where the driver gave up on the way. */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  try {
    for await (const part of request.setEncoding('utf8')) text = (text + part).slice(0, MOST_LETTERS);
    return text;
  } catch {
    return undefined;
  }
}

/** A body as the driver wrote it: JSON where it is JSON. */
function bodyOf(text: string): { body?: unknown } {
  if (text === '') return {};
  try {
    return { body: JSON.parse(text) };
  } catch {
    return { body: text };
  }
}

/**
 * A device with an HTTP server at a port of this machine. Answers go to requests in their order; what is no whole answer is sent as it
 * is and cut off.
 */
export async function openHttp({ port, settings, onData, onLost }: VirtualPortWanted): Promise<VirtualPort> {
  const basePath = String(settings['basePath'] ?? '');
  const waiting: ServerResponse[] = [];
  const server = createServer(async (request, response) => {
    const text = await textOf(request);
    if (text === undefined) return;
    waiting.push(
      response.on('close', () => waiting.includes(response) && waiting.splice(waiting.indexOf(response), 1)),
    );
    const path = (request.url ?? '/').slice(basePath.length);
    onData(Buffer.from(JSON.stringify({ method: request.method, path, ...bodyOf(text) })));
  });
  server.listen(port, HOST);
  await once(server, 'listening').catch((error) => portInUse(port, error));
  server.on('error', ({ message }) => onLost(message));
  return {
    rack: { port: { host: HOST, port: String((server.address() as AddressInfo).port) } },
    send(bytes) {
      const response = waiting.shift();
      if (!response) return; // nobody asked
      const answer = answerOf(bytes);
      if (answer) {
        const body = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 2 * bytes.length });
      response.write(bytes, () => response.destroy());
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
