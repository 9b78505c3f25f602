import { createHash } from 'node:crypto';

/** What a device asks for: RFC 7616, section 3.3. */
export interface DigestChallenge {
  realm: string;
  nonce: string;
  opaque: string | undefined;
  algorithm: 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';
  /** Without it: the older form of RFC 2069. */
  qop: 'auth' | undefined;
}

const ALGORITHMS: readonly string[] = ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'];

/** The strongest digest challenge among the values of WWW-Authenticate that can be answered, or undefined. [any] */
export function digestChallenge(headers: readonly string[]): DigestChallenge | undefined {
  const found = headers.flatMap((header) => challengeOf(header) ?? []);
  return found.find(({ algorithm }) => algorithm.startsWith('SHA-256')) ?? found[0];
}

function challengeOf(header: string): DigestChallenge | undefined {
  const [, rest] = /^\s*Digest\s+(.*)$/is.exec(header) ?? [];
  if (rest === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const [, name, quoted, bare] of rest.matchAll(/([a-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi))
    fields.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare!);
  const [realm, nonce] = [fields.get('realm'), fields.get('nonce')];
  const named = fields.get('algorithm') ?? 'MD5';
  const algorithm = ALGORITHMS.find((known) => known.toLowerCase() === named.toLowerCase());
  const offered = fields
    .get('qop')
    ?.split(',')
    .map((one) => one.trim());
  if (realm === undefined || nonce === undefined || !algorithm || (offered && !offered.includes('auth')))
    return undefined;
  return {
    realm,
    nonce,
    opaque: fields.get('opaque'),
    algorithm: algorithm as DigestChallenge['algorithm'],
    qop: offered && 'auth',
  };
}

/**
 * The value of Authorization for one request: RFC 7616, sections 3.4.1 to 3.4.4. [any]
 *
 * uri: path and query as sent. count: how often this nonce was used, from 1. cnonce: new for each request.
 */
export function digestAnswer(
  challenge: DigestChallenge,
  { user, password }: { user: string; password: string },
  { method, uri, count, cnonce }: { method: string; uri: string; count: number; cnonce: string },
): string {
  const { realm, nonce, opaque, algorithm, qop } = challenge;
  const hash = (text: string) =>
    createHash(algorithm.startsWith('MD5') ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const login = hash(`${user}:${realm}:${password}`);
  const secret = algorithm.endsWith('-sess') ? hash(`${login}:${nonce}:${cnonce}`) : login;
  const asked = hash(`${method}:${uri}`);
  const nc = count.toString(16).padStart(8, '0');
  const response = hash(qop ? `${secret}:${nonce}:${nc}:${cnonce}:${qop}:${asked}` : `${secret}:${nonce}:${asked}`);
  const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const fields = [
    `username=${quoted(user)}`,
    `realm=${quoted(realm)}`,
    `uri=${quoted(uri)}`,
    `algorithm=${algorithm}`,
    `nonce=${quoted(nonce)}`,
    ...(qop || algorithm.endsWith('-sess') ? [`nc=${nc}`, `cnonce=${quoted(cnonce)}`] : []),
    ...(qop ? [`qop=${qop}`] : []),
    `response=${quoted(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
  ];
  return `Digest ${fields.join(', ')}`;
}
