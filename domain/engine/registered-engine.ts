import type { DeclaredResources, EngineDesired, EngineRegistration, Model } from '@audiocloud/api';
import type { Engine } from './engine.ts';
import type { EngineRecord, EngineSource } from './engine-record.ts';

/** An engine of the domain: what is wanted of it, and the way to it. [control] */
export class RegisteredEngine {
  readonly id: string;
  readonly source: EngineSource;
  readonly engine: Engine;
  readonly #registration: EngineRegistration;
  #record: EngineRecord;
  /** Of the record in the store, 0 for none. */
  storeRevision: number;

  constructor(
    registration: EngineRegistration,
    source: EngineSource,
    engine: Engine,
    record: EngineRecord = { desired: 'wanted' },
    storeRevision = 0,
  ) {
    this.id = registration.id;
    this.source = source;
    this.engine = engine;
    this.#registration = registration;
    this.#record = record;
    this.storeRevision = storeRevision;
  }

  get record(): EngineRecord {
    return this.#record;
  }

  set record(record: EngineRecord) {
    this.#record = record;
  }

  get desired(): EngineDesired {
    return this.#record.desired;
  }

  get folder(): string | undefined {
    return this.#registration.folder;
  }

  /** What it has of what can be used up: as somebody asked for, else as it was registered, else as it says itself. */
  get declared(): DeclaredResources {
    return this.#record.resources ?? this.#registration.resources ?? this.engine.facts?.resources ?? {};
  }

  get models(): readonly Model[] {
    return this.engine.facts?.models ?? [];
  }
}
