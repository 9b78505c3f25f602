import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { RandomBytes } from '../random/random-bytes.ts';

const PREFIX = 'whsec_';

/** A new secret: 32 random bytes, as Standard Webhooks writes them. */
export const newSecret = (randomBytes: RandomBytes): string => PREFIX + randomBytes(32).toString('base64');

/** What a secret signs with: to make it costs more than to sign. [any] */
export const signingKey = (secret: string): KeyObject =>
  createSecretKey(Buffer.from(secret.slice(PREFIX.length), 'base64'));

/**
 * The headers that sign a body. [any]
 *
 * id: the same for every try.   Source: Standard Webhooks 1.0: HMAC-SHA256 over `id.timestamp.body`, base64, after `v1,`.
 */
export function webhookHeaders(key: KeyObject, id: string, nowMs: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
