import type { EventJournal } from '../events/event-journal.ts';
import type { Idempotency } from '../http/idempotency.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { DomainServer } from '../http/server.ts';
import type { Draining } from '../lifecycle/draining.ts';
import type { LiveSessions } from '../live/live-sessions.ts';
import type { DomainCounters } from '../metrics/domain-counters.ts';
import type { Gate } from '../permissions/gate.ts';
import type { PresetService } from '../presets/preset-service.ts';
import type { Store } from '../store/store.ts';
import type { TaskService } from '../tasks/task-service.ts';
import type { Tracer } from '../tracing/tracer.ts';
import type { WebhookService } from '../webhooks/webhook-service.ts';

/** What routes call. */
export interface Services {
  tasks: TaskService;
  engine: EngineSupervisor;
  presets: PresetService;
  journal: EventJournal;
  webhooks: WebhookService;
  /** Every route that changes something does so through it. */
  idempotency: Idempotency;
  gate: Gate;
  store: Store;
  sessions: LiveSessions;
  counters: DomainCounters;
  draining: Draining;
  tracer: Tracer;
}

/** One route: a schema and a call. */
export type Route = (server: DomainServer, services: Services) => void;
