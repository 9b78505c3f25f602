import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AudioCloudError, type ErrorCode } from '@audiocloud/api';

/** What Node's parser says of a request that it cannot take. */
const PARSER_CODES: { [code: string]: readonly [code: ErrorCode, why: string] } = {
  HPE_HEADER_OVERFLOW: ['TOO_LARGE', 'its head has more than 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['TOO_LARGE', 'its chunks have long extensions'],
  ERR_HTTP_REQUEST_TIMEOUT: ['REQUEST_INVALID', 'it did not come in time'],
};

/** Answers what is no request of HTTP, before there is one for the routes, and ends the connection. [control] */
export function refuseUnread(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [code, why] = PARSER_CODES[error.code ?? ''] ?? ['REQUEST_INVALID', 'it is no HTTP'];
  const refusal = new AudioCloudError(code, `Cannot read the request: ${why}`);
  const requestId = randomUUID();
  const body = JSON.stringify({ ...refusal.toJSON(), requestId });
  if (socket.writable)
    socket.write(
      [
        `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`,
        'Connection: close',
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        `X-Request-Id: ${requestId}`,
        '',
        body,
      ].join('\r\n'),
    );
  socket.destroySoon();
}
