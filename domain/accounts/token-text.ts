import { AudioCloudError, MOST_TOKEN_SECONDS, type Permission } from '@audiocloud/api';
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import type { TokenClaims } from './grants.ts';
import type { SigningKeys } from './signing-keys.ts';

const ALGORITHM = 'EdDSA';
const AUDIENCE = 'audiocloud';
/** Clocks may differ by so much. */
const SKEW_SECONDS = 30;

/** What stands in the token beside the registered claims. */
interface Written {
  app: string;
  /** Absent: all that its maker has. */
  per?: Permission[];
  tasks?: string[];
  from?: string[];
  ver?: number;
}

/** A signed token (JWT). [control] */
export async function writeToken(
  keys: SigningKeys,
  claims: Omit<TokenClaims, 'signedWith'>,
  nowMs: number,
): Promise<string> {
  const { id, key } = keys.current;
  const written: Written = {
    app: claims.application,
    ...(claims.permissions ? { per: [...claims.permissions] } : {}),
    ...(claims.tasks ? { tasks: [...claims.tasks] } : {}),
    ...(claims.from.length > 0 ? { from: [...claims.from] } : {}),
    ...(claims.secretVersion === undefined ? {} : { ver: claims.secretVersion }),
  };
  return new SignJWT({ ...written })
    .setProtectedHeader({ alg: ALGORITHM, kid: id })
    .setIssuer(keys.domain)
    .setAudience(AUDIENCE)
    .setSubject(claims.maker)
    .setJti(claims.id)
    .setIssuedAt(new Date(nowMs))
    .setExpirationTime(new Date(claims.expiresMs))
    .sign(key);
}

/**
 * What a token says, if this domain signed it. [control]
 *
 * Throws TOKEN_EXPIRED for one whose time is over, UNAUTHENTICATED for anything else that is no token of this domain.
 */
export async function readToken(keys: SigningKeys, text: string, nowMs: number): Promise<TokenClaims> {
  try {
    const { kid } = decodeProtectedHeader(text);
    const key = keys.find(kid, nowMs);
    if (!key) throw unknownToken();
    const { payload } = await jwtVerify(text, key, {
      algorithms: [ALGORITHM],
      issuer: keys.domain,
      audience: AUDIENCE,
      currentDate: new Date(nowMs),
      clockTolerance: SKEW_SECONDS,
      maxTokenAge: MOST_TOKEN_SECONDS + SKEW_SECONDS,
      requiredClaims: ['sub', 'jti', 'iat', 'exp', 'app'],
    });
    const { sub, jti, exp, app, per, tasks, from, ver } = payload as typeof payload & Written;
    // Skew is for when it was made: its end is the end.
    if (exp! * 1000 <= nowMs) throw expired();
    return {
      signedWith: kid!,
      id: jti!,
      maker: sub!,
      application: app,
      expiresMs: exp! * 1000,
      from: from ?? [],
      ...(per ? { permissions: per } : {}),
      ...(tasks ? { tasks } : {}),
      ...(ver === undefined ? {} : { secretVersion: ver }),
    };
  } catch (thrown) {
    if (thrown instanceof AudioCloudError) throw thrown;
    if (thrown instanceof errors.JWTExpired) throw expired();
    throw unknownToken();
  }
}

const expired = () => new AudioCloudError('TOKEN_EXPIRED', 'Cannot take the token: its time is over');
const unknownToken = () => new AudioCloudError('UNAUTHENTICATED', 'Cannot take the token: this domain did not sign it');
