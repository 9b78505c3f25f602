import type { ErasedItem } from '@audiocloud/api';
import type { StoreWrite } from '../store/store.ts';

/** What went, without the time. */
export type Gone = Omit<ErasedItem, 'at'>;

/** The receipt of one erasure, as who erases writes and reads it. */
export interface ErasureReceipt {
  /** That something goes: to be written in the transaction in which it goes, or before it does. */
  gone(item: Gone): StoreWrite;
  /** Stores that something goes; settles when that is durable. Before what is not in the store is removed. */
  note(...items: Gone[]): Promise<void>;
  /** What went already, also before a crash. */
  items(): AsyncIterable<ErasedItem>;
}

/**
 * One kind of what an application leaves behind. [control]
 *
 * Called when its application is no more: nobody asks in its name. Called again after a crash and after a try that failed, so
 * that it finds out by itself what is still there. It settles when nothing of the kind is left, and nothing comes any more.
 */
export type Estate = (application: string, receipt: ErasureReceipt) => Promise<void>;
