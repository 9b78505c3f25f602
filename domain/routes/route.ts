import type { EventJournal } from '../events/event-journal.ts';
import type { Idempotency } from '../http/idempotency.ts';
import type { DomainServer } from '../http/server.ts';
import type { EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Gate } from '../permissions/gate.ts';
import type { PresetService } from '../presets/preset-service.ts';
import type { TaskService } from '../tasks/task-service.ts';
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
}

/** One route: a schema and a call. */
export type Route = (server: DomainServer, services: Services) => void;
