export { type Domain, type DomainOptions, startDomain } from './main.ts';
export { allowAll, type Gate, type Permission } from './permissions/gate.ts';
export type { Entry, ListRange, Store, StoreChange, StoreWrite } from './store/store.ts';
