import type { FastifyBaseLogger } from 'fastify';
import type { Booking } from '../booking/booking.ts';
import type { Clock } from '../clock/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { FixedInstances } from '../instances/fixed-instances.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import type { Store } from '../store/store.ts';
import type { MediaPaths } from './media-paths.ts';

/** What tasks work with. */
export interface TaskContext {
  store: Store;
  journal: EventJournal;
  engine: Engine;
  instances: FixedInstances;
  mediaPaths: MediaPaths;
  logger: FastifyBaseLogger;
  clock: Clock;
  randomBytes: RandomBytes;
  booking: Booking;
}
