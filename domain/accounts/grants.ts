import { PERMISSIONS } from '@audiocloud/api';
import { common, covers, type Wanted } from '../permissions/narrow.ts';
import { ADMINISTRATOR, type Grant, type Principal } from '../permissions/principal.ts';
import { mostPermissions } from './account-record.ts';
import type { AccountBook } from './account-book.ts';
import { hashOf, isSameHash, keyIdOf } from './key-secret.ts';

/** What a token says of itself, after its signature was found to be good. */
export interface TokenClaims extends Wanted {
  id: string;
  /** The tokens that it was made with. */
  from: readonly string[];
  /** Id of the key at the beginning, or `administrator`. */
  maker: string;
  secretVersion?: number;
  application: string;
  expiresMs: number;
  /** The signing key. */
  signedWith: string;
}

/** Who shows the secret of a key; undefined for a wrong, an old and a revoked one. [any] */
export function principalOfSecret(book: AccountBook, secret: string, nowMs: number): Principal | undefined {
  const id = keyIdOf(secret);
  if (id === undefined) return undefined;
  const key = book.keys.get(id);
  const hash = hashOf(secret);
  const isFirst = isSameHash(hash, key?.hash ?? hashOf(''));
  const before = key?.before;
  const version = isFirst ? key?.version : before && isSameHash(hash, before.hash) ? before.version : undefined;
  return version === undefined ? undefined : ofKey(book, id, version, nowMs);
}

/** Who shows a token; undefined when it, what it was made with, or its maker is ended. [any] */
export function principalOfToken(book: AccountBook, claims: TokenClaims, nowMs: number): Principal | undefined {
  const { id, from, signedWith, maker, secretVersion, application, expiresMs } = claims;
  if (expiresMs <= nowMs || [id, ...from].some((one) => book.endedTokens.has(one))) return undefined;
  const its = maker === ADMINISTRATOR ? administrator() : ofKey(book, maker, secretVersion ?? 0, nowMs);
  const there = book.applications.get(application);
  if (!its || !there) return undefined;
  // Only who administrates the domain makes tokens for others.
  if (maker !== ADMINISTRATOR && its.application !== application && !its.permissions.has('administration'))
    return undefined;
  return {
    id: maker,
    ...common({ ...its, application }, claims),
    ...(secretVersion === undefined ? {} : { secretVersion }),
    token: { id, from, signedWith },
    expiresMs,
  };
}

/** Whether somebody is still who it was, and may still do all that it could. [any] */
export function isStill(book: AccountBook, principal: Principal, nowMs: number): boolean {
  const { id, token, secretVersion, application, expiresMs, permissions, tasks } = principal;
  if (expiresMs !== undefined && expiresMs <= nowMs) return false;
  const wanted = { permissions: [...permissions], ...(tasks ? { tasks: [...tasks] } : {}) };
  const now = token
    ? principalOfToken(
        book,
        {
          ...wanted,
          ...token,
          maker: id,
          application,
          expiresMs: expiresMs ?? 0,
          ...(secretVersion === undefined ? {} : { secretVersion }),
        },
        nowMs,
      )
    : ofKey(book, id, secretVersion ?? 0, nowMs);
  return now !== undefined && covers(now, principal);
}

const administrator = (): Grant => ({ application: 'main', permissions: new Set(PERMISSIONS) });

function ofKey(book: AccountBook, id: string, version: number, nowMs: number): Principal | undefined {
  const key = book.keys.get(id);
  const application = key && book.applications.get(key.application);
  if (!application || (key.expiresMs !== undefined && key.expiresMs <= nowMs)) return undefined;
  const { before } = key;
  const isTaken = version === key.version || (before?.version === version && nowMs < before.untilMs);
  if (!isTaken) return undefined;
  const most = { application: key.application, permissions: new Set(mostPermissions(key.application, application)) };
  return {
    id,
    ...common(most, key),
    secretVersion: version,
    ...(key.expiresMs === undefined ? {} : { expiresMs: key.expiresMs }),
  };
}
