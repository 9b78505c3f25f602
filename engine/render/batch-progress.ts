import { LAYOUT } from '../plugin/layout.ts';
import { BATCH_MAXIMUM, BATCH_RECORD } from './program.ts';

/** In the status of an instance that a call of its batch has not finished (dsp/host/batch.as.ts). */
const PENDING = 0xffffffff;

/**
 * The record (INSTANCE_RECORD) of the instance that a batch is at: the first one called in this block that is not
 * finished, for a plugin takes them in order. 0 when there is none. [any]
 */
export function pendingInstance(words: Uint32Array, batch: number): number {
  const count = Math.min(words[(batch + BATCH_RECORD.count) >>> 2]!, BATCH_MAXIMUM);
  const called = Math.min(words[(batch + BATCH_RECORD.called) >>> 2]!, count);
  const layouts = (batch + BATCH_RECORD.layouts) >>> 2;
  for (let i = 0; i < called; i++)
    if (words[(words[layouts + i]! + LAYOUT.status) >>> 2] === PENDING) return words[layouts + count + i]!;
  return 0;
}
