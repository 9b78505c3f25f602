import type { DeclaredResources, EngineDesired, EngineRegistration, EngineStatus } from '@audiocloud/api';

/** What the store keeps of an engine. Of the embedded one and those of the configuration only what was changed by request. */
export interface EngineRecord {
  /** Of one that was registered by request. */
  registration?: EngineRegistration;
  desired: EngineDesired;
  /** Instead of those of its registration. */
  resources?: DeclaredResources;
}

export const ENGINE_PREFIX = 'engine/';
export const engineKey = (id: string) => ENGINE_PREFIX + id;

/** The one that is there without being registered. */
export const EMBEDDED = 'embedded';

export type EngineSource = EngineStatus['source'];
