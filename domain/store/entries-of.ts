import type { Entry, Store } from './store.ts';

/** Read at once: a store of many thousand entries is never in memory as a whole. */
const PAGE = 200;

/** All entries whose key begins with `prefix`, in the order of their keys. [control] */
export async function* entriesOf<V>(store: Store, prefix: string): AsyncGenerator<Entry<V>> {
  for (let after: string | undefined; ; ) {
    const page = await store.list<V>(prefix, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!.key;
  }
}
