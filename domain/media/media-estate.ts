import type { Estate } from '../erasure/estate.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { Store } from '../store/store.ts';
import type { MediaDisk } from './media-disk.ts';
import type { MediaImports } from './media-imports.ts';
import type { MediaIndex } from './media-index.ts';
import { mediaJobKey, mediaKey, ownedOf } from './media-record.ts';

export interface MediaEstateOptions {
  index: MediaIndex;
  imports: MediaImports;
  store: Store;
  disk: MediaDisk;
  /** Media change one after another. */
  inOrder<R>(work: () => Promise<R>): Promise<R>;
}

/** All that an application has in the library: imports end, and media, contents, peaks and what is known of imports go. [control] */
export function mediaEstate({ index, imports, store, disk, inOrder }: MediaEstateOptions): Estate {
  return async (application, { gone, items }) => {
    await imports.cancelAll(application);
    for (const [id, { sha256, bytes }] of index.of(application))
      await inOrder(async () => {
        const isShared = index.ownersOf(sha256).some(([key]) => ownedOf(key).application !== application);
        const item = { kind: 'media' as const, id, sha256, bytes, ...(isShared ? { isShared } : {}) };
        await store.write([{ key: mediaKey({ application, id }) }, gone(item)]);
      });
    for await (const { key } of entriesOf(store, mediaJobKey({ application, id: '' })))
      await store.write([{ key }, gone({ kind: 'import', id: ownedOf(key).id })]);
    // Also those that went before a crash.
    for await (const { sha256 } of items())
      if (sha256 !== undefined)
        await inOrder(async () => {
          if (!index.has(sha256)) await disk.content.remove(sha256);
        });
  };
}
