/*
 * What one webhook has to send, as a pure function: no clock, no network, no store. The log of the domain is its queue; a
 * delivery is a place in it. One event is on its way at a time, so a receiver gets them in order; one that does not arrive
 * is tried again, and none after it is sent before.
 */

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 10 * 60 * 1000;
/** A receiver that failed so long is given up. */
export const GIVE_UP_MS = 12 * 60 * 60 * 1000;

export interface Delivery {
  /** All events up to this number arrived or are not wanted. */
  after: number;
  /** Number of the last event that arrived; 0 for none. */
  delivered: number;
  /** Number of the last event of the log. */
  newest: number;
  isSending: boolean;
  failures: number;
  failingSinceMs: number | null;
  retryAtMs: number | null;
  /** Why the last try failed; null after one that did not. */
  error: string | null;
  isDisabled: boolean;
}

export type DeliveryEvent =
  | { type: 'logged'; newest: number }
  /** None of the events up to this number is wanted. */
  | { type: 'passed'; after: number }
  | { type: 'delivered'; number: number }
  /** isFinal: the receiver wants nothing any more. */
  | { type: 'failed'; why: string; isFinal?: boolean }
  | { type: 'wake' };

export type DeliveryEffect =
  /** Send the first wanted event after this one; answer with passed, delivered or failed. */
  | { kind: 'send'; after: number }
  /** Send `wake` then. */
  | { kind: 'wake'; atMs: number }
  /** Store the state. */
  | { kind: 'keep' }
  /** Store the state, and tell it. */
  | { kind: 'disable'; why: string };

export interface DeliveryStep {
  state: Delivery;
  effects: DeliveryEffect[];
}

export function newDelivery(after: number): Delivery {
  return {
    after,
    delivered: 0,
    newest: after,
    isSending: false,
    failures: 0,
    failingSinceMs: null,
    retryAtMs: null,
    error: null,
    isDisabled: false,
  };
}

/** The next state and what is to be done. [any] */
export function stepDelivery(before: Delivery, event: DeliveryEvent, nowMs: number): DeliveryStep {
  const { state, effects } = take(before, event, nowMs);
  const { isSending, isDisabled, after, newest, retryAtMs } = state;
  if (isSending || isDisabled || after >= newest) return { state, effects };
  if (retryAtMs !== null && nowMs < retryAtMs) {
    // Only a wake that came too early, or a start, needs another; after a failure there is one already.
    const isAsleep = event.type === 'wake';
    return { state, effects: isAsleep ? [...effects, { kind: 'wake', atMs: retryAtMs }] : effects };
  }
  return { state: { ...state, isSending: true, retryAtMs: null }, effects: [...effects, { kind: 'send', after }] };
}

function take(state: Delivery, event: DeliveryEvent, nowMs: number): DeliveryStep {
  const to = (change: Partial<Delivery>, ...effects: DeliveryEffect[]) => ({ state: { ...state, ...change }, effects });
  switch (event.type) {
    case 'logged':
      return to({ newest: Math.max(state.newest, event.newest) });
    case 'passed':
      return to({ isSending: false, after: Math.max(state.after, event.after) });
    case 'delivered': {
      const arrived = { isSending: false, after: event.number, delivered: event.number };
      return to({ ...arrived, failures: 0, failingSinceMs: null, retryAtMs: null, error: null }, { kind: 'keep' });
    }
    case 'failed': {
      const { why, isFinal = false } = event;
      const failures = state.failures + 1;
      const failingSinceMs = state.failingSinceMs ?? nowMs;
      const failed = { isSending: false, failures, failingSinceMs, error: why };
      if (isFinal || nowMs - failingSinceMs >= GIVE_UP_MS)
        return to({ ...failed, isDisabled: true, retryAtMs: null }, { kind: 'disable', why });
      const atMs = nowMs + Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
      return to({ ...failed, retryAtMs: atMs }, { kind: 'keep' }, { kind: 'wake', atMs });
    }
    case 'wake':
      return to({});
  }
}
