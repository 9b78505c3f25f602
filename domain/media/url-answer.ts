import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { AudioCloudError } from '@audiocloud/api';
import type { OpenManner } from './media-disk.ts';

/** Whoever is asked too often may have it wait; longer than this is not waited for. */
const MOST_WAIT_SECONDS = 300;
/** Worth another try, beside 5xx: time-out, too early, too many. */
const AGAIN = [408, 425, 429];
/** A time is a validator when nothing can have changed within its second; RFC 9110, 8.8.2.2, with a margin for clocks. */
const SURE_MS = 60_000;
const STRONG_TAG = /^"[\x21\x23-\x7e\x80-\xff]*"$/;

type Answer = Pick<IncomingMessage, 'statusCode' | 'headers'>;

/** Throws MEDIA_UNREACHABLE for an answer that another try may better, MEDIA_REFUSED for one that it will not. [any] */
export function requireAnswer({ statusCode = 0, headers }: Answer, shown: string, before: OpenManner['before']): void {
  const refuse = (why: string, more: object = {}) =>
    new AudioCloudError('MEDIA_REFUSED', `Cannot import from ${shown}: ${why}`, { url: shown, ...more });
  // What another try asks for is the whole.
  const isStale = before !== undefined && statusCode === 416;
  if (statusCode >= 500 || AGAIN.includes(statusCode) || isStale) {
    const seconds = retryAfter(headers['retry-after']);
    throw new AudioCloudError(
      'MEDIA_UNREACHABLE',
      `Cannot import from ${shown}: the server answers ${statusCode}; it is tried again`,
      {
        url: shown,
        status: statusCode,
        ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
        ...(isStale ? { beginsAnew: true } : {}),
      },
    );
  }
  if (statusCode !== 200 && !(statusCode === 206 && before))
    throw refuse(`the server answers ${statusCode}, wanted 200`, { status: statusCode });
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding.toLowerCase() !== 'identity')
    throw refuse(`the server sends it encoded as ${encoding.slice(0, 64)}, wanted it as it is`, { encoding });
  const transfer = headers['transfer-encoding'] ?? 'chunked';
  if (transfer.toLowerCase() !== 'chunked')
    throw refuse(`the server sends it encoded as ${transfer.slice(0, 64)}, wanted it as it is`, { encoding: transfer });
}

/** Which part of the whole an answer has. */
export interface AnswerPart {
  /** Before its first byte; 0, or what stands of the try before. */
  startBytes: number;
  /** How many come; undefined where nobody knows before the end. */
  bytes: number | undefined;
}

/** Throws MEDIA_UNREACHABLE for another part than all that is missing. [any] */
export function partOf({ statusCode, headers }: Answer, shown: string, before: OpenManner['before']): AnswerPart {
  const { 'content-length': length, 'content-range': range = '' } = headers;
  const bytes = length === undefined ? undefined : Number(length);
  if (statusCode !== 206 || !before) return { startBytes: 0, bytes };
  const [from, to, total] = (/^bytes (\d+)-(\d+)\/(\d+)$/.exec(range) ?? []).slice(1).map(Number);
  const rest = Number(total) - before.bytes;
  const isRest = from === before.bytes && to === Number(total) - 1 && (bytes ?? rest) === rest;
  const named = headers[before.validator.startsWith('"') ? 'etag' : 'last-modified'];
  const isOther =
    (named ?? before.validator) !== before.validator || (before.totalBytes ?? Number(total)) !== Number(total);
  if (isRest && !isOther) return { startBytes: before.bytes, bytes: rest };
  throw new AudioCloudError(
    'MEDIA_UNREACHABLE',
    `Cannot import from ${shown}: the server sends another part than all from byte ${before.bytes}; it is tried again from the beginning`,
    { url: shown, range: range.slice(0, 64), wantedFrom: before.bytes, beginsAnew: true },
  );
}

/** What names this content of an answer, to go on with it; undefined when nothing does for sure. [any] */
export function validatorOf(headers: IncomingHttpHeaders): string | undefined {
  const { etag, 'last-modified': modified, date, 'accept-ranges': ranges } = headers;
  if (ranges === 'none') return undefined;
  if (etag !== undefined) return STRONG_TAG.test(etag) ? etag : undefined;
  if (modified === undefined || date === undefined) return undefined;
  return Date.parse(date) - Date.parse(modified) >= SURE_MS ? modified : undefined;
}

/** In seconds; RFC 9110, 10.2.3: a number of them, or a time. */
function retryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(MOST_WAIT_SECONDS, Math.max(0, seconds)) : undefined;
}
