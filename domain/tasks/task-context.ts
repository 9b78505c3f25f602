import type { FastifyBaseLogger } from 'fastify';
import type { Booking } from '../booking/booking.ts';
import type { Clock } from '../clock/clock.ts';
import type { Engines } from '../engine/engines.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { FixedInstances } from '../instances/fixed-instances.ts';
import type { TaskPlacement } from '../placement/task-placement.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import type { Store } from '../store/store.ts';
import type { MediaPaths } from '../media/task-media.ts';
import type { TaskIndex } from './task-index.ts';

/** What tasks work with. */
export interface TaskContext {
  store: Store;
  index: TaskIndex;
  journal: EventJournal;
  engines: Engines;
  placement: TaskPlacement;
  /** An engine may be away so long before its tasks go to another one. */
  lossMs: number;
  instances: FixedInstances;
  mediaPaths: MediaPaths;
  logger: FastifyBaseLogger;
  clock: Clock;
  randomBytes: RandomBytes;
  booking: Booking;
}
