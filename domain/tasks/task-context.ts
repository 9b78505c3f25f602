import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Store } from '../store/store.ts';

/** What tasks work with. */
export interface TaskContext {
  store: Store;
  journal: EventJournal;
  engine: Engine;
  mediaDirs: readonly string[];
  logger: FastifyBaseLogger;
  clock: Clock;
}
