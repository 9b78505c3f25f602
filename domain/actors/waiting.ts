import type { Retry } from './retry.ts';

export const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();

/** How often something was tried in vain, why, and when it is tried again, as a client is told. [any] */
export function waitingTries({ failures, retryAtMs, error }: Retry) {
  return {
    ...(error ? { error } : {}),
    retries: failures,
    ...(retryAtMs !== null && Number.isFinite(retryAtMs) ? { nextTryAt: isoTime(retryAtMs) } : {}),
  };
}
