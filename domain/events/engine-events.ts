import type { FastifyBaseLogger } from 'fastify';
import type { Engines } from '../engine/engines.ts';
import type { EventJournal, NewDomainEvent } from './event-journal.ts';

/** Writes into the log that engines came, went, or read their plugins again. Returns the end of it. [control] */
export function noteEngines(journal: EventJournal, engines: Engines, logger: FastifyBaseLogger): () => void {
  const tell = (event: NewDomainEvent) => {
    journal.tell(event).catch((error) => logger.error({ error, type: event.type }, 'an event was not stored'));
  };
  // Every try to start an engine that fails tells that it is down.
  const isDownTold = new Set<string>();
  return engines.listen({
    up: ({ id }, { version, pid }) => {
      isDownTold.delete(id);
      tell({ type: 'engine.up', data: { engine: id, version, pid } });
    },
    down: ({ id }, why) => {
      if (!isDownTold.has(id)) tell({ type: 'engine.down', data: { engine: id, why } });
      isDownTold.add(id);
    },
    models: ({ engine }) => {
      const { models = [], refused = [] } = engine.facts ?? {};
      tell({ type: 'plugins.rescanned', data: { models: models.length, refused: refused.length } });
    },
  });
}
