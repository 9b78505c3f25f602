import type { Core } from '../core.ts';
import type { DomainServer } from '../http/server.ts';
import type { Draining } from '../lifecycle/draining.ts';
import type { UploadService } from '../media/upload/upload-service.ts';
import type { DomainCounters } from '../metrics/domain-counters.ts';
import type { Tracer } from '../tracing/tracer.ts';

/** What routes call. */
export interface Services extends Core {
  counters: DomainCounters;
  draining: Draining;
  uploads: UploadService;
  tracer: Tracer;
}

/** One route: a schema and a call. */
export type Route = (server: DomainServer, services: Services) => void;
