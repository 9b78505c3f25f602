import type { FastifyBaseLogger } from 'fastify';
import type { Engine } from '../engine/engine.ts';
import type { EventJournal, NewDomainEvent } from './event-journal.ts';

/** Writes into the log that the engine came, went, or read its plugins again. Returns the end of it. [control] */
export function noteEngine(journal: EventJournal, engine: Engine, logger: FastifyBaseLogger): () => void {
  const tell = (event: NewDomainEvent) => {
    journal.tell(event).catch((error) => logger.error({ error, type: event.type }, 'an event was not stored'));
  };
  // Every try to start an engine that fails tells that it is down.
  let isDownTold = false;
  return engine.listen({
    up: ({ engine, version, pid }) => {
      isDownTold = false;
      tell({ type: 'engine.up', data: { engine, version, pid } });
    },
    down: (why) => {
      if (!isDownTold) tell({ type: 'engine.down', data: { why } });
      isDownTold = true;
    },
    models: () => {
      const { models = [], refused = [] } = engine.facts ?? {};
      tell({ type: 'plugins.rescanned', data: { models: models.length, refused: refused.length } });
    },
  });
}
