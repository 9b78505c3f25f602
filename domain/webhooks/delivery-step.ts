import type { Actor, Step, Wake } from '../actors/actor.ts';
import { backOffMs } from '../actors/back-off.ts';
import { earliestMs } from '../actors/lease.ts';

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
  | { type: 'failed'; why: string; isFinal?: boolean };

export type DeliveryEffect =
  /** Send the first wanted event after this one; answer with passed, delivered or failed. */
  | { kind: 'send'; after: number }
  /** Store the state. */
  | { kind: 'keep' }
  /** Store the state, and tell it. */
  | { kind: 'disable'; why: string };

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

/**
 * A delivery as it was stored, by a domain that begins. What was put off is due at once: nobody knows how long ago it was stored,
 * and the clock may have been set back since. [any]
 */
export const takenUp = (stored: Delivery): Delivery => ({ ...stored, isSending: false, retryAtMs: null });

export const deliveryActor: Actor<Delivery, DeliveryEvent, DeliveryEffect> = {
  step(before, event, nowMs) {
    const { state, effects } = take(before, event, nowMs);
    const { after, retryAtMs } = state;
    if (isAtRest(state) || (retryAtMs !== null && nowMs < retryAtMs)) return { state, effects };
    return { state: { ...state, isSending: true, retryAtMs: null }, effects: [...effects, { kind: 'send', after }] };
  },
  wakeAtMs: (state) => (isAtRest(state) ? undefined : earliestMs(state.retryAtMs)),
  laneOf: ({ kind }) => (kind === 'send' ? 'receiver' : 'store'),
};

const isAtRest = ({ isSending, isDisabled, after, newest }: Delivery): boolean =>
  isSending || isDisabled || after >= newest;

function take(state: Delivery, event: DeliveryEvent | Wake, nowMs: number): Step<Delivery, DeliveryEffect> {
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
      return to({ ...failed, retryAtMs: nowMs + backOffMs(failures, FIRST_RETRY_MS, LAST_RETRY_MS) }, { kind: 'keep' });
    }
    case 'wake':
      return to({});
  }
}
