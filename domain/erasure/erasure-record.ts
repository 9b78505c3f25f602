import type { ErasedItem, Erasure } from '@audiocloud/api';
import { isoTime } from '../actors/waiting.ts';

/** What the store keeps of the deletion of an application. */
export interface ErasureRecord {
  application: string;
  startedAtMs: number;
  by?: string;
  /** When nothing was left; the sums are of then. */
  end?: { atMs: number; items: number; bytes: number };
}

export const ERASURES = 'erasure/';
const ITEMS = 'erasure-item/';
export const erasureKey = (id: string): string => ERASURES + id;
export const itemsPrefix = (erasure: string): string => `${ITEMS}${erasure}/`;
export const itemKey = (erasure: string, { kind, id }: Pick<ErasedItem, 'kind' | 'id'>): string =>
  `${itemsPrefix(erasure)}${kind}/${id}`;

/** What of an erasure is under way. */
export interface ErasureProgress {
  items: number;
  bytes: number;
  retries: number;
  error?: Erasure['error'];
}

/** As the operator is told. [any] */
export function erasureOf(
  id: string,
  { application, startedAtMs, by, end }: ErasureRecord,
  now: ErasureProgress,
): Erasure {
  const { items, bytes, retries, error } = now;
  return {
    id,
    application,
    state: end ? 'done' : 'running',
    items: end?.items ?? items,
    bytes: end?.bytes ?? bytes,
    retries,
    ...(error && !end ? { error } : {}),
    ...(by === undefined ? {} : { by }),
    startedAt: isoTime(startedAtMs),
    ...(end ? { endedAt: isoTime(end.atMs) } : {}),
  };
}
