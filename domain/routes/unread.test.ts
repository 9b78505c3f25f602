import { once } from 'node:events';
import { createConnection } from 'node:net';
import { check, ErrorBody, type ErrorCode, ERRORS } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

/** Sends bytes, and gives what came until the connection ended. */
async function exchange(text: string): Promise<{ status: number; head: string; body: string }> {
  const { hostname, port } = new URL(domain.url);
  const socket = createConnection(Number(port), hostname);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), head, body };
}

const deep = '['.repeat(6000) + ']'.repeat(6000);
const wrong: [string, ErrorCode][] = [
  ['what is this\r\n\r\n', 'REQUEST_INVALID'],
  ['GET /health HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n', 'REQUEST_INVALID'],
  [`GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`, 'TOO_LARGE'],
  [
    'POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n',
    'REQUEST_INVALID',
  ],
  ['GET /v1/tasks/%zz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n', 'REQUEST_INVALID'],
  [`GET /v1/tasks/${'x'.repeat(300)} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`, 'ID_INVALID'],
  [
    `DELETE /v1/tasks/nobody HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nIdempotency-Key: deep\r\nContent-Type: application/json\r\nContent-Length: ${deep.length}\r\n\r\n${deep}`,
    'REQUEST_INVALID',
  ],
  // a route with a form of its own for what is right
  ['GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n', 'ORIGIN_FORBIDDEN'],
];

t.test('what never reaches a route is refused by the contract too', async (t) => {
  for (const [text, code] of wrong) {
    const { status, head, body } = await exchange(text);
    const error = check(ErrorBody, JSON.parse(body), 'the answer', 'MESSAGE_INVALID');
    t.same([error.code, status], [code, ERRORS[code].status], text.slice(0, 40));
    t.match(head, new RegExp(`x-request-id: ${error.requestId}`, 'i'));
  }
});
