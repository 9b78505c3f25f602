import type { EventSource } from '@audiocloud/api';
import type { StoreWrite } from '../store/store.ts';

/** Why a change is made. Whoever stores the change stores what belongs to the cause in the same transaction. */
export interface Cause {
  /** Absent when nobody asked for it. */
  by?: EventSource;
  /** The answer has to be known again after a crash: it and all that it tells of are durable before it is given. */
  isKept: boolean;
  /** What is stored with the change that completes the request, so that its answer is known again. */
  receipt(answer: unknown): StoreWrite[];
  /** What is stored with a first change, when another has to follow: a request that comes again goes on behind it. */
  firstPart(): StoreWrite[];
  /** The first change was stored when this request came before. */
  isFirstPartDone: boolean;
}

/** Nobody asked, or nobody waits for an answer that has to be kept. [any] */
export function causeBy(by?: EventSource): Cause {
  return { ...(by ? { by } : {}), isKept: false, receipt: () => [], firstPart: () => [], isFirstPartDone: false };
}

/** Who asked, as the log tells it. [any] */
export const byOf = ({ by }: Cause): { by?: EventSource } => (by ? { by } : {});

/** Who asked, as clients of a task know it. [any] */
export const originOf = ({ by }: Cause): { origin?: string } => (by ? { origin: by.request } : {});
