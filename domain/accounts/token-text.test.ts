import { createHmac, generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import t from 'tap';
import { keysInMemory, SigningKeys } from './signing-keys.ts';
import { readToken, writeToken } from './token-text.ts';

const NOW = Date.UTC(2030, 0, 1);
const keys = new SigningKeys(keysInMemory());
const claims = {
  id: 'token-1',
  from: ['token-0'],
  maker: 'key-1',
  secretVersion: 2,
  application: 'main',
  permissions: ['read'] as const,
  tasks: ['a'],
  expiresMs: NOW + 60_000,
};
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

t.test('a token says what was written, until its time is over', async (t) => {
  const text = await writeToken(keys, claims, NOW);
  t.same(await readToken(keys, text, NOW), { ...claims, signedWith: keys.current.id });
  t.ok(await readToken(keys, text, NOW + 59_999));
  t.ok(await readToken(keys, text, NOW - 29_000), 'a clock may be behind a little');
  await t.rejects(readToken(keys, text, NOW - 31_000), { code: 'UNAUTHENTICATED' }, 'but not made in the future');
  await t.rejects(readToken(keys, text, NOW + 60_000), { code: 'TOKEN_EXPIRED' });
});

t.test('what this domain did not sign so is no token', async (t) => {
  const text = await writeToken(keys, claims, NOW);
  const [head = '', body = '', signature = ''] = text.split('.');
  const { id, key } = keys.current;
  const claimed = {
    app: 'main',
    iss: keys.domain,
    aud: 'audiocloud',
    sub: 'administrator',
    jti: 'x',
    iat: NOW / 1000,
    exp: NOW / 1000 + 60,
  };
  const pem = key.export({ type: 'pkcs8', format: 'pem' });
  const hmacHead = part({ alg: 'HS256', kid: id });
  const hmac = createHmac('sha256', pem)
    .update(`${hmacHead}.${part(claimed)}`)
    .digest('base64url');
  const other = generateKeyPairSync('ed25519').privateKey;
  const signed = (more: object, header: object = {}, by = key) =>
    new SignJWT({ ...claimed, ...more }).setProtectedHeader({ alg: 'EdDSA', kid: id, ...header }).sign(by);
  const wrong: Record<string, string> = {
    'an empty one': '',
    'no token': 'a.b.c',
    'another body': `${head}.${part(claimed)}.${signature}`,
    'a changed signature': `${head}.${body}.${signature.slice(0, -4)}AAAA`,
    'without a signature': `${part({ alg: 'none', kid: id })}.${part(claimed)}.`,
    'with the public key as a password': `${hmacHead}.${part(claimed)}.${hmac}`,
    'signed with another key': await signed({}, {}, other),
    'signed with a key that is not known': await signed({}, { kid: 'none' }),
    'of another domain': await signed({ iss: 'domain-0' }),
    'for somebody else': await signed({ aud: 'elsewhere' }),
    'that never ends': await signed({ exp: undefined }),
    'of nobody': await signed({ sub: undefined }),
  };
  t.ok(await readToken(keys, await signed({}), NOW), 'so made it would be one');
  const old = await signed({ iat: NOW / 1000 - 13 * 3600 });
  await t.rejects(readToken(keys, old, NOW), { code: 'TOKEN_EXPIRED' }, 'nor one that lasts longer than any may');
  for (const [name, token] of Object.entries(wrong))
    await t.rejects(readToken(keys, token, NOW), { code: 'UNAUTHENTICATED' }, name);
});

t.test('after a rotation tokens of before are taken for the overlap', async (t) => {
  const rotating = new SigningKeys(keysInMemory());
  const before = await writeToken(rotating, claims, NOW);
  rotating.rotate(NOW, 30);
  const after = await writeToken(rotating, claims, NOW);
  t.ok(await readToken(rotating, before, NOW + 29_000));
  await t.rejects(readToken(rotating, before, NOW + 30_000), { code: 'UNAUTHENTICATED' });
  t.ok(await readToken(rotating, after, NOW + 30_000));
  rotating.rotate(NOW, 0);
  await t.rejects(readToken(rotating, after, NOW), { code: 'UNAUTHENTICATED' });
});
