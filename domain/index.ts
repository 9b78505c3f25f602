export { DomainConfig } from './config/config-schema.ts';
export { type ConfigProblem, type EffectiveConfig, type EffectiveSetting, readConfig } from './config/read-config.ts';
export { redact } from './logging/redact.ts';
export { type Domain, type DomainOptions, startDomain } from './main.ts';
export { allowAll, type Gate, type Permission } from './permissions/gate.ts';
export type { Entry, ListRange, Store, StoreChange, StoreWrite } from './store/store.ts';
export { type BackupFacts, backupStore, restoreStore } from './store/backup.ts';
export { openToRead, STORE_VERSION, storePath } from './store/store-file.ts';
export { requireTracing } from './tracing/open-telemetry.ts';
