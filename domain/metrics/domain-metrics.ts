import packageJson from '../package.json' with { type: 'json' };
import type { DomainCounters } from './domain-counters.ts';
import { DURATION_ENDS_MS } from './durations.ts';
import type { MetricText } from './metric-text.ts';

/** What is at this moment. */
export interface DomainNow {
  isReady: boolean;
  /** Live ones that are open. */
  sessions: number;
  /** In the live session whose client is furthest behind. */
  mostWaitingBytes: number;
  requestsUnderWay: number;
  media: MediaNow;
  exports: ExportsNow;
}

/** Exports: those that have not ended, what ended since the start, by state, and what their files take. */
export interface ExportsNow {
  underWay: Record<string, number>;
  ended: Record<string, number>;
  bytes: number;
}

/** Imports: those that have not ended, and what ended since the start, by state. */
export interface MediaNow {
  underWay: Record<string, number>;
  ended: Record<string, number>;
  importedBytes: number;
  uploads: { begun: number; finished: number; receivedBytes: number };
  /** Tries of imports that were refused, by code. */
  refusals: ReadonlyMap<string, number>;
}

/** What the domain knows of itself, as metrics. */
export function domainMetrics(text: MetricText, counters: DomainCounters, now: DomainNow): void {
  text.gauge('audiocloud_domain_info', 'What the domain is, as labels.', 1, {
    version: packageJson.version,
    node: process.version,
  });
  text.gauge('audiocloud_domain_ready', 'Whether it takes requests: as /v1/ready.', now.isReady ? 1 : 0);
  text.gauge('audiocloud_domain_uptime_seconds', 'Since the process of the domain started.', process.uptime());
  text.gauge('audiocloud_domain_live_sessions', 'Live sessions that are open.', now.sessions);
  const waiting = 'What waits in the live session whose client is furthest behind.';
  text.gauge('audiocloud_domain_live_most_waiting_bytes', waiting, now.mostWaitingBytes);
  text.gauge('audiocloud_domain_requests_under_way', 'Requests that wait for their answer.', now.requestsUnderWay);
  mediaMetrics(text, now.media);
  exportMetrics(text, now.exports);
  processMetrics(text);
  const { p50, p99, max } = counters.takeLoopDelay();
  const late = 'How late timers of the domain came since the last reading.';
  for (const [quantile, seconds] of Object.entries({ '0.5': p50, '0.99': p99, '1': max }))
    text.gauge('audiocloud_domain_event_loop_delay_seconds', late, seconds, { quantile });
  for (const { method, route, durations, statuses } of counters.routes.values()) {
    const labels = { method, route };
    for (const [status, count] of statuses)
      text.counter('audiocloud_domain_requests_total', 'Requests that were answered.', count, {
        ...labels,
        status: String(status),
      });
    const help = 'From the head of a request to the end of its answer.';
    text.histogram('audiocloud_domain_request_seconds', help, durations, labels, DURATION_ENDS_MS);
  }
  for (const [operation, { durations, failures }] of counters.storeOperations) {
    const labels = { operation };
    text.counter('audiocloud_domain_store_operations_total', 'Operations of the store.', durations.count, labels);
    text.counter('audiocloud_domain_store_failures_total', 'Of these: refused or failed.', failures, labels);
    text.histogram('audiocloud_domain_store_seconds', 'Time for an operation.', durations, labels, DURATION_ENDS_MS);
  }
}

function mediaMetrics(text: MetricText, { underWay, ended, importedBytes, uploads, refusals }: MediaNow): void {
  for (const [state, count] of Object.entries(underWay))
    text.gauge('audiocloud_domain_media_jobs', 'Imports of media that have not ended.', count, { state });
  for (const [state, count] of Object.entries(ended))
    text.counter('audiocloud_domain_media_jobs_total', 'Imports that ended since the start.', count, { state });
  const help = 'Bytes of media that were imported since the start.';
  text.counter('audiocloud_domain_media_imported_bytes_total', help, importedBytes);
  for (const [code, count] of refusals)
    text.counter('audiocloud_domain_media_refusals_total', 'Tries of imports that failed.', count, { code });
  text.counter('audiocloud_domain_uploads_total', 'Uploads since the start.', uploads.begun, { state: 'begun' });
  text.counter('audiocloud_domain_uploads_total', 'Uploads since the start.', uploads.finished, { state: 'finished' });
  const bytes = 'Bytes of uploads that came since the start.';
  text.counter('audiocloud_domain_uploaded_bytes_total', bytes, uploads.receivedBytes);
}

function exportMetrics(text: MetricText, { underWay, ended, bytes }: ExportsNow): void {
  for (const [state, count] of Object.entries(underWay))
    text.gauge('audiocloud_domain_exports', 'Exports that have not ended.', count, { state });
  for (const [state, count] of Object.entries(ended))
    text.counter('audiocloud_domain_exports_total', 'Exports that ended since the start.', count, { state });
  text.gauge('audiocloud_domain_export_bytes', 'Bytes of the files of exports that are kept.', bytes);
}

function processMetrics(text: MetricText): void {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  text.gauge('audiocloud_domain_resident_memory_bytes', 'Memory of the process of the domain.', rss);
  text.gauge('audiocloud_domain_heap_used_bytes', 'Of its JavaScript heap: in use.', heapUsed);
  text.gauge('audiocloud_domain_heap_total_bytes', 'Its JavaScript heap.', heapTotal);
  text.gauge('audiocloud_domain_external_memory_bytes', 'Buffers outside of the heap.', external);
  const { user, system } = process.cpuUsage();
  text.counter('audiocloud_domain_cpu_seconds_total', 'CPU time of the process.', (user + system) / 1e6);
}
