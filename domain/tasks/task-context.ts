import type { FastifyBaseLogger } from 'fastify';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Store } from '../store/store.ts';

/** What tasks work with. */
export interface TaskContext {
  store: Store;
  journal: EventJournal;
  engine: EngineSupervisor;
  mediaDirs: readonly string[];
  logger: FastifyBaseLogger;
  now(): number;
}
