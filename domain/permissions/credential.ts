import type { FastifyRequest } from 'fastify';

/** What a client shows to say who it is, and how. */
export interface Credential {
  text: string;
  way: 'header' | 'cookie' | 'subprotocol';
}

/** What sockets of this domain speak; a client that shows a token offers it beside it. */
export const SUBPROTOCOL = 'audiocloud';
/** Browsers cannot send headers with a socket: the token comes as a subprotocol, which is never chosen. */
const TOKEN_PROTOCOL = 'audiocloud.token.';

/** The credential of a request; undefined when it shows none that can be one. [any] */
export function credentialOf(request: FastifyRequest, cookie: string): Credential | undefined {
  const { authorization, 'sec-websocket-protocol': protocols = '' } = request.headers;
  if (authorization !== undefined) {
    const [, text = ''] = /^Bearer +([\w.~+/=-]{1,8192})$/i.exec(authorization) ?? [];
    return { text, way: 'header' };
  }
  const offered = protocols
    .split(',')
    .map((one) => one.trim())
    .find((one) => one.startsWith(TOKEN_PROTOCOL));
  if (offered !== undefined) return { text: offered.slice(TOKEN_PROTOCOL.length), way: 'subprotocol' };
  const shown = request.cookies?.[cookie];
  return shown === undefined ? undefined : { text: shown, way: 'cookie' };
}
