import { type AdapterPort, AudioCloudError } from '@audiocloud/api';
import { Client } from 'undici';
import { type Authentication, authenticationOf } from './authentication.ts';
import type { Address } from './address.ts';
import { connector } from './connector.ts';
import type { HttpSettings } from './http-settings.ts';
import { type RequestMessage, readRequest, shownPath } from './request-message.ts';

/**
 * An idle connection is given up: whether the device is there is then found out by a new one. With two looks and the wait for
 * the second one (presence.ts) a cable that is pulled is noticed within a second.
 */
const IDLE_MS = 100;

interface Answer {
  status: number;
  challenges: string[];
  text: string;
}

/** An open port, and what it knows of its device. */
export interface HttpPort extends AdapterPort {
  /** A connection is open, or a request is on its way: no need to try another one. */
  isConnected(): boolean;
}

/**
 * One device, asked one thing at a time. [control]
 *
 * A write resolves when its answer was handed on, and rejects with ADAPTER_FAILED when there was none in time, it was too
 * large, or it pointed elsewhere; with DRIVER_INVALID when it is no request. It never ends by itself: who lists finds out.
 */
export function openHttp({ host, port }: Address, settings: HttpSettings): HttpPort {
  const origin = `${settings.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const client = new Client(origin, {
    connect: connector(settings),
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    maxResponseSize: settings.maxAnswerBytes,
  });
  const authentication = authenticationOf(settings);
  let onData: (bytes: Uint8Array) => void = () => {};
  let isOpen = true;
  let asking = 0;
  let last: Promise<unknown> = Promise.resolve();
  const name = `${host}:${port}`;

  const ask = async (request: RequestMessage): Promise<void> => {
    if (!isOpen) throw new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${name}: it is closed; open it again`);
    const answer = await exchange(client, settings, authentication, request, name);
    const { method, path } = request;
    if (isOpen) onData(Buffer.from(JSON.stringify({ method, path, status: answer.status, body: bodyOf(answer.text) })));
  };

  return {
    write(bytes) {
      asking++;
      const done = last.then(() => ask(readRequest(bytes))).finally(() => asking--);
      last = done.catch(() => {});
      return done;
    },
    onData: (callback) => {
      onData = callback;
    },
    onClose: () => {},
    isConnected: () => asking > 0 || client.stats.connected,
    async close() {
      isOpen = false;
      await client.destroy();
    },
  };
}

/** One request, sent again once when the device asks who we are. */
async function exchange(
  client: Client,
  settings: HttpSettings,
  authentication: Authentication,
  request: RequestMessage,
  name: string,
): Promise<Answer> {
  const signal = AbortSignal.timeout(settings.timeoutMs);
  const what = `Cannot ${request.method} ${shownPath(request.path)} of ${name}`;
  try {
    let answer = await send(client, settings, authentication, request, signal);
    if (answer.status === 401 && authentication.challenged(answer.challenges))
      answer = await send(client, settings, authentication, request, signal);
    if (answer.status < 300 || answer.status >= 400) return answer;
  } catch (error) {
    throw new AudioCloudError('ADAPTER_FAILED', `${what}: ${reason(error, settings)}`);
  }
  throw new AudioCloudError(
    'ADAPTER_FAILED',
    `${what}: it points elsewhere, which is not followed; name the right host, port, tls and basePath`,
  );
}

async function send(
  client: Client,
  { basePath }: HttpSettings,
  authentication: Authentication,
  { method, path, headers, body }: RequestMessage,
  signal: AbortSignal,
): Promise<Answer> {
  const uri = basePath + path;
  const isText = typeof body === 'string';
  const response = await client.request({
    method: method as 'GET',
    path: uri,
    signal,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json' }),
      ...Object.fromEntries(Object.entries(headers).map(([key, value]) => [key.toLowerCase(), value])),
      ...authentication.headers(method, uri),
    },
    body: body === undefined ? null : isText ? body : JSON.stringify(body),
  });
  const asked = response.headers['www-authenticate'] ?? [];
  const text = await response.body.text();
  return { status: response.statusCode, challenges: Array.isArray(asked) ? asked : [asked], text };
}

/** JSON as its value, anything else as text. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Why there is no answer, without a word of what was sent. */
function reason(error: unknown, { timeoutMs, maxAnswerBytes }: HttpSettings): string {
  const { name, code, message } = error as { name?: string; code?: string; message?: string };
  if (name === 'TimeoutError') return `no answer within ${timeoutMs} ms; look at the device and its cable`;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return `the answer is over ${maxAnswerBytes} bytes; ask for less, or raise maxAnswerBytes`;
  return `${message || code || 'the connection ended'}; look at the device, its cable and its address`;
}
