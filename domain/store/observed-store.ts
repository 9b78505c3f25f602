import type { DomainCounters } from '../metrics/domain-counters.ts';
import type { Tracer } from '../tracing/tracer.ts';
import type { Store } from './store.ts';

/** The same store, whose operations are counted, and its writes traced. [control] */
export function observedStore(store: Store, counters: DomainCounters, tracer: Tracer): Store {
  async function counted<R>(operation: string, work: () => Promise<R>): Promise<R> {
    const began = performance.now();
    let hasFailed = true;
    try {
      const result = await work();
      hasFailed = false;
      return result;
    } finally {
      counters.storeOperation(operation, hasFailed, performance.now() - began);
    }
  }
  const write = <R>(operation: string, key: string, work: () => Promise<R>) =>
    tracer.span(`store ${operation}`, { 'audiocloud.key': key }, () => counted(operation, work));
  return {
    get: (key) => counted('get', () => store.get(key)),
    put: (key, value, expected) => write('put', key, () => store.put(key, value, expected)),
    delete: (key, expected) => write('delete', key, () => store.delete(key, expected)),
    write: (writes) => write('write', writes.map(({ key }) => key).join(' '), () => store.write(writes)),
    list: (prefix, range) => counted('list', () => store.list(prefix, range)),
    watch: (prefix, changed) => store.watch(prefix, changed),
    ...(store.eraseDeleted ? { eraseDeleted: () => counted('erase', () => store.eraseDeleted!()) } : {}),
    close: () => store.close(),
  };
}
