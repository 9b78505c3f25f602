import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FuzzRun } from './fuzz-run.ts';
import { below, type Random } from './hostile-json.ts';
import { OWN_TASKS } from './ids.ts';

/* Clients that speak bytes: what no library would send. After each the domain has to answer everybody else as before. */

type Rude = (run: FuzzRun, random: Random) => Promise<void>;

async function open({ url }: FuzzRun): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = createConnection(Number(port), hostname);
  socket.on('error', () => {}); // a rude client is cut off
  await once(socket, 'connect');
  return socket;
}

/** All that comes until the other end closes, at most for so long. */
async function answerOf(socket: Socket, ms = 2000): Promise<string> {
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    text += chunk;
  });
  await Promise.race([once(socket, 'close').catch(() => {}), sleep(ms)]);
  socket.destroy();
  return text;
}

/** Holds the first answer against the contract, if there is one. */
async function judged(run: FuzzRun, socket: Socket, name: string): Promise<void> {
  const text = await answerOf(socket, 500);
  const head = /^HTTP\/1\.1 (\d{3}).*?\r\n\r\n(.*)/s.exec(text);
  if (!head) return; // cut off without a word
  const [, status, rest] = head;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? rest!.length);
  run.judge({ operation: name, method: 'RAW' }, { status: Number(status), body: rest!.slice(0, length) }, name);
}

const head = ({ authorization }: FuzzRun, path: string, ...lines: string[]) =>
  [`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', `Authorization: ${authorization}`, ...lines, '', ''].join('\r\n');
const JSON_BODY = 'Content-Type: application/json';

/** A frame of a WebSocket; as a client has to, masked (with zeros) unless told otherwise. */
function wsFrame(first: number, payload: Buffer, isMasked = true, length = payload.length): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const size =
    length < 126
      ? Buffer.from([first, mask | length])
      : Buffer.concat([Buffer.from([first, mask | 127]), bigLength(length)]);
  return Buffer.concat([size, ...(isMasked ? [Buffer.alloc(4)] : []), payload]);
}
function bigLength(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}

async function upgraded(run: FuzzRun): Promise<Socket> {
  const socket = await open(run);
  socket.write(
    [
      `GET /v1/tasks/${OWN_TASKS[0]}/live HTTP/1.1`,
      'Host: 127.0.0.1',
      `Authorization: ${run.authorization}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      '',
      '',
    ].join('\r\n'),
  );
  await Promise.race([once(socket, 'data'), sleep(2000)]);
  return socket;
}

const PING = Buffer.from(JSON.stringify({ type: 'ping', id: 1 }));
const TEXT = 0x81;
const withFrames =
  (...frames: (Buffer | ((random: Random) => Buffer))[]): Rude =>
  async (run, random) => {
    const socket = await upgraded(run);
    for (const frame of frames) socket.write(typeof frame === 'function' ? frame(random) : frame);
    await answerOf(socket, 200);
  };

/** A line for each. */
export const RUDE: Record<string, Rude> = {
  'half-open sockets': async (run) => {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => open(run)));
    for (const socket of sockets) socket.write('POST /v1/tasks HTTP/1.1\r\nHost: 127.');
    await sleep(100);
    for (const socket of sockets) socket.destroy();
  },
  'a slow sender': async (run) => {
    const socket = await open(run);
    socket.write(head(run, '/v1/tasks', JSON_BODY, 'Content-Length: 100'));
    for (let i = 0; i < 10; i++) {
      socket.write('{');
      await sleep(20);
    }
    socket.destroy();
  },
  'a body cut short': async (run) => {
    const socket = await open(run);
    socket.end(`${head(run, '/v1/tasks', JSON_BODY, 'Content-Length: 100000')}{"id":"x"`);
    await judged(run, socket, 'a body cut short');
  },
  'no HTTP at all': async (run, random) => {
    const socket = await open(run);
    socket.write(Buffer.from(Array.from({ length: 300 }, () => below(random, 256))));
    socket.write('\r\n\r\n');
    await judged(run, socket, 'no HTTP at all');
  },
  'a bad head': async (run, random) => {
    const socket = await open(run);
    const bad = [
      'POST /v1/tasks HTTP/9.9',
      'PO ST / HTTP/1.1',
      'GET /\u0000 HTTP/1.1',
      'GET  HTTP/1.1',
      'GET /%zz HTTP/1.1',
    ];
    socket.write(`${bad[below(random, bad.length)]}\r\nHost: 127.0.0.1\r\n\r\n`);
    await judged(run, socket, 'a bad head');
  },
  'two lengths': async (run) => {
    const socket = await open(run);
    socket.write(`${head(run, '/v1/tasks', JSON_BODY, 'Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n`);
    await judged(run, socket, 'two lengths');
  },
  'a wrong chunk': async (run) => {
    const socket = await open(run);
    socket.write(`${head(run, '/v1/tasks', JSON_BODY, 'Transfer-Encoding: chunked')}zz\r\n{}\r\n0\r\n\r\n`);
    await judged(run, socket, 'a wrong chunk');
  },
  'a head of 100 KB': async (run) => {
    const socket = await open(run);
    socket.write(head(run, '/v1/tasks', `X-Long: ${'x'.repeat(100_000)}`));
    await judged(run, socket, 'a head of 100 KB');
  },
  'a flood of requests in one write': async (run) => {
    const socket = await open(run);
    socket.write('GET /v1/tasks/nobody HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'.repeat(300));
    await answerOf(socket, 300);
  },
  'a flood of connections': async (run) => {
    const sockets = await Promise.all(Array.from({ length: 200 }, () => open(run)));
    for (const socket of sockets) socket.destroy();
  },
  'a frame without a mask': withFrames(wsFrame(TEXT, PING, false)),
  'a frame of an unknown kind': withFrames(wsFrame(0x8b, PING)),
  'a frame that says it has a terabyte': withFrames(wsFrame(TEXT, PING, true, 2 ** 40)),
  'a frame of 5 MB': withFrames(wsFrame(TEXT, Buffer.alloc(5 * 1024 * 1024, 0x20))),
  'text that is no UTF-8': withFrames(wsFrame(TEXT, Buffer.from([0xff, 0xfe, 0xc0, 0x80]))),
  'a message that never ends': withFrames(wsFrame(0x01, PING), wsFrame(0x00, PING), wsFrame(0x00, PING)),
  'bytes that are no frames': withFrames((random) =>
    Buffer.from(Array.from({ length: 500 }, () => below(random, 256))),
  ),
  'a flood of pings': withFrames(Buffer.concat(Array.from({ length: 2000 }, () => wsFrame(0x89, Buffer.from('x'))))),
  'a flood of messages that nobody reads': async (run) => {
    const socket = await upgraded(run);
    socket.pause();
    for (let i = 0; i < 20; i++) {
      socket.write(Buffer.concat(Array.from({ length: 200 }, () => wsFrame(TEXT, PING))));
      await sleep(1);
    }
    await sleep(100);
    socket.destroy();
  },
  'a close with a wrong code': withFrames(wsFrame(0x88, Buffer.from([0x00, 0x01]))),
};

/** One after the other; each has to leave a domain that answers. */
export async function beRude(run: FuzzRun, turn: number): Promise<void> {
  for (const [name, rude] of Object.entries(RUDE)) {
    if (run.hasEnded) return;
    await rude(run, run.random(-1 - turn));
    const { status } = await run.call('GET', '/health').catch(() => ({ status: 0 }));
    if (status !== 200) run.failures.push(`after ${name} the domain answers /health with ${status}`);
  }
}
