import type { KeyCreate, KeyCreated, TokenCreate, TokenCreated } from '@audiocloud/api';
import type { Test } from 'tap';
import type { DomainOptions } from '../main.ts';
import { type Answer, startTestDomain, type TestDomain } from './test-domain.ts';

type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

/** A domain in which everybody shows who it is. */
export interface KnownDomain extends TestDomain {
  /** A token for everything. */
  administrator: string;
  /** Headers of somebody who shows this; each time from another address, so that wrong tries do not add up. */
  headers(credential?: string): Record<string, string>;
  /** Calls as somebody. */
  as(credential?: string): Call;
  key(wanted: KeyCreate): Promise<KeyCreated>;
  token(credential: string, wanted?: TokenCreate): Promise<TokenCreated>;
}

let lastAddress = 0;

export async function startKnownDomain(t: Test, options: Partial<DomainOptions> = {}): Promise<KnownDomain> {
  let administrator = '';
  const domain = await startTestDomain(t, {
    access: 'accounts',
    proxies: ['127.0.0.1'],
    requestsPerMinute: 1_000_000,
    onFirstStart: ({ token }) => {
      administrator = token;
    },
    ...options,
  });
  const headers = (credential?: string) => ({
    'x-forwarded-for': `10.${(++lastAddress >> 16) & 255}.${(lastAddress >> 8) & 255}.${lastAddress & 255}`,
    ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
  });
  const as =
    (credential?: string): Call =>
    (method, path, body, more = {}) =>
      domain.call(method, path, body, { ...headers(credential), ...more });
  const made = async (answer: Promise<Answer>) => {
    const { status, body } = await answer;
    if (status !== 201) throw new Error(`not made: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  return {
    ...domain,
    administrator,
    headers,
    as,
    key: (wanted) => made(as(administrator)('POST', '/v1/keys', wanted)),
    token: (credential, wanted = {}) => made(as(credential)('POST', '/v1/tokens', wanted)),
  };
}

let shared: Promise<KnownDomain> | undefined;

/** One for all test files of this process. */
export function sharedKnownDomain(t: Test): Promise<KnownDomain> {
  shared ??= startKnownDomain(t);
  return shared;
}
