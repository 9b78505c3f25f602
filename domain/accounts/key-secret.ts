import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** `ac_`, the id of the key without `key-`, and 256 random bits. */
const FORM = /^ac_([0-9a-f]{12})_[\w-]{43}$/;

export const newKeyId = (): string => `key-${randomBytes(6).toString('hex')}`;
export const newKeySecret = (id: string): string =>
  `ac_${id.slice('key-'.length)}_${randomBytes(32).toString('base64url')}`;

/** The id of the key that a text may be the secret of; undefined for what has another form. [any] */
export function keyIdOf(secret: string): string | undefined {
  const match = FORM.exec(secret);
  return match ? `key-${match[1]}` : undefined;
}

export const hashOf = (secret: string): string => hash('sha256', secret, 'base64url');

/** Takes the same time wherever two hashes differ. [any] */
export const isSameHash = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};
