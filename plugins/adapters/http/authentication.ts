import { randomBytes } from 'node:crypto';
import { type DigestChallenge, digestAnswer, digestChallenge } from './digest.ts';
import type { HttpSettings } from './http-settings.ts';

/** Shows a device who asks. */
export interface Authentication {
  /** The headers of one request. */
  headers(method: string, uri: string): Record<string, string>;
  /** Takes what a 401 asked for (WWW-Authenticate). True: the same request may succeed now. */
  challenged(headers: readonly string[]): boolean;
}

const fixed = (headers: Record<string, string>): Authentication => ({
  headers: () => headers,
  challenged: () => false,
});

export function authenticationOf(settings: HttpSettings): Authentication {
  const { user, password, token, header } = settings;
  switch (settings.authentication) {
    case 'none':
      return fixed({});
    case 'basic':
      return fixed({ authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}` });
    case 'bearer':
      return fixed({ authorization: `Bearer ${token}` });
    case 'header':
      return fixed({ [header]: token });
    case 'digest':
      return digest(settings);
  }
}

/** The first request finds out what the device asks for; those after it use the same nonce, counted. */
function digest(login: { user: string; password: string }): Authentication {
  let challenge: DigestChallenge | undefined;
  let count = 0;
  return {
    headers(method, uri): Record<string, string> {
      if (!challenge) return {};
      const cnonce = randomBytes(16).toString('hex');
      return { authorization: digestAnswer(challenge, login, { method, uri, count: ++count, cnonce }) };
    },
    challenged(headers) {
      const before = challenge;
      challenge = digestChallenge(headers);
      count = 0;
      return challenge !== undefined && challenge.nonce !== before?.nonce;
    },
  };
}
