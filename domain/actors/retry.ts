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

/** Whether only a change can mend it, so that another try would be in vain. [any] */
export const isHopeless = ({ code, retry }: ErrorBody): boolean => ERRORS[code].status < 500 && retry !== 'soon';

/** After one more try that failed. [any] */
export function failed({ failures }: Retry, error: ErrorBody, nowMs: number, mostMs?: number): Retry {
  const count = failures + 1;
  const retryAtMs = isHopeless(error) ? Number.POSITIVE_INFINITY : nowMs + backOffMs(count, undefined, mostMs);
  return { failures: count, retryAtMs, error };
}

/** Whether the next try may begin. [any] */
export const isDue = ({ retryAtMs }: Retry, nowMs: number): boolean => retryAtMs === null || nowMs >= retryAtMs;
