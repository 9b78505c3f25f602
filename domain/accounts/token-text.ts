import { AudioCloudError, MOST_TOKEN_SECONDS, type Permission, PERMISSIONS } from '@audiocloud/api';
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
  per: Permission[];
  tasks?: string[];
  from?: string[];
  ver?: number;
}

/** A signed token (JWT). [control] */
export async function writeToken(keys: SigningKeys, claims: TokenClaims, nowMs: number): Promise<string> {
  const { id, key } = keys.current;
  const written: Written = {
    app: claims.application,
    per: [...(claims.permissions ?? PERMISSIONS)],
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
 * What a token says, and which key signed it, if this domain did. [control]
 *
 * Throws TOKEN_EXPIRED for one whose time is over, UNAUTHENTICATED for anything else that is no token of this domain.
 */
export async function readToken(
  keys: SigningKeys,
  text: string,
  nowMs: number,
): Promise<TokenClaims & { keyId: string }> {
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
      requiredClaims: ['sub', 'jti', 'iat', 'exp', 'app', 'per'],
    });
    const { sub, jti, exp, app, per, tasks, from, ver } = payload as typeof payload & Written;
    return {
      keyId: kid!,
      id: jti!,
      maker: sub!,
      application: app,
      permissions: per,
      expiresMs: exp! * 1000,
      from: from ?? [],
      ...(tasks ? { tasks } : {}),
      ...(ver === undefined ? {} : { secretVersion: ver }),
    };
  } catch (thrown) {
    if (thrown instanceof AudioCloudError) throw thrown;
    if (thrown instanceof errors.JWTExpired)
      throw new AudioCloudError('TOKEN_EXPIRED', 'Cannot take the token: its time is over');
    throw unknownToken();
  }
}

const unknownToken = () => new AudioCloudError('UNAUTHENTICATED', 'Cannot take the token: this domain did not sign it');
