import { type ErrorBody, ERRORS } from '@audiocloud/api';
import { backOffMs } from './back-off.ts';

/** How often something was tried in vain, and when it is tried again. */
export interface Retry {
  /** Since it last went well. */
  failures: number;
  /** In ms; infinity: not before something changes. Null when nothing failed, or the next try runs. */
  retryAtMs: number | null;
  /** Of the last try; null after one that went well. */
  error: ErrorBody | null;
}

export const UNFAILED: Readonly<Retry> = { failures: 0, retryAtMs: null, error: null };

/** Nobody tells when a file comes: it is looked for at least twice a second. */
const LOOK_MS = 500;
const isLookedFor = ({ code }: ErrorBody): boolean => code === 'MEDIA_MISSING';

/** Whether only a change can mend it, so that another try would be in vain. [any] */
export const isHopeless = (error: ErrorBody): boolean =>
  ERRORS[error.code].status < 500 && error.retry !== 'soon' && !isLookedFor(error);

/** After one more try that failed. [any] */
export function failed({ failures }: Retry, error: ErrorBody, nowMs: number): Retry {
  const count = failures + 1;
  const delayMs = backOffMs(count, undefined, isLookedFor(error) ? LOOK_MS : undefined);
  const retryAtMs = isHopeless(error) ? Number.POSITIVE_INFINITY : nowMs + delayMs;
  return { failures: count, retryAtMs, error };
}

/** Whether the next try may begin. [any] */
export const isDue = ({ retryAtMs }: Retry, nowMs: number): boolean => retryAtMs === null || nowMs >= retryAtMs;
