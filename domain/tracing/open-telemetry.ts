import { AsyncLocalStorage } from 'node:async_hooks';
import { AudioCloudError } from '@audiocloud/api';
import type { Context, Span } from '@opentelemetry/api';
import type { FastifyBaseLogger } from 'fastify';
import { redact } from '../logging/redact.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { Tracer } from './tracer.ts';

export interface TracingOptions {
  /** Takes OTLP over HTTP, e.g. `http://127.0.0.1:4318/v1/traces`. */
  endpoint: string;
  headers?: Record<string, string>;
  /** Share of the traces begun here that are sent, 0 to 1. */
  sampleRatio?: number;
}

/** Spans wait for so long, to be sent together. */
const SEND_AFTER_MS = 1_000;
/** A collector that does not answer delays the end of the domain by no more. */
const EXPORT_TIMEOUT_MS = 2_000;

/** 20 MB that most domains do not need: they are optional peers of this package, and loaded here alone. */
async function loadPackages() {
  try {
    const [api, { OTLPTraceExporter }, { resourceFromAttributes }, sdk] = await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
    ]);
    return { api, OTLPTraceExporter, resourceFromAttributes, sdk };
  } catch (cause) {
    const wanted = Object.entries(packageJson.peerDependencies).map(([name, version]) => `${name}@${version}`);
    throw new AudioCloudError(
      'CONFIG_INVALID',
      `Cannot send traces to tracing.endpoint: the packages of OpenTelemetry are not installed; npm install ${wanted.join(' ')}`,
      { key: 'tracing.endpoint' },
      { cause },
    );
  }
}

/** Throws CONFIG_INVALID when the packages that send traces are not installed. */
export async function requireTracing(): Promise<void> {
  await loadPackages();
}

/** Sends spans by OTLP over HTTP. Throws CONFIG_INVALID when the packages for it are not installed. */
export async function openTelemetry(options: TracingOptions, logger: FastifyBaseLogger): Promise<Tracer> {
  const { endpoint, headers, sampleRatio = 1 } = options;
  const { api, OTLPTraceExporter, resourceFromAttributes, sdk } = await loadPackages();
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api;
  const warn = (message: string) => logger.warn({ message }, 'traces were not sent');
  const nothing = () => undefined;
  api.diag.setLogger(
    { error: warn, warn: nothing, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: api.DiagLogLevel.ERROR, suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({
    url: endpoint,
    timeoutMillis: EXPORT_TIMEOUT_MS,
    ...(headers ? { headers } : {}),
  });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'audiocloud-domain', 'service.version': packageJson.version }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_AFTER_MS })],
  });
  const tracer = provider.getTracer('audiocloud', packageJson.version);
  const current = new AsyncLocalStorage<Context>();

  const callerOf = (traceparent: string | undefined): Context => {
    const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? [];
    const caller = { traceId: traceId!, spanId: spanId!, traceFlags: Number.parseInt(flags!, 16), isRemote: true };
    return traceId && api.isSpanContextValid(caller) ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
  };
  const fail = (span: Span, thrown: unknown) => {
    const message = redact(thrown instanceof Error ? thrown.message : String(thrown));
    span.recordException({ name: thrown instanceof Error ? thrown.name : 'Error', message });
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  };

  return {
    async span(name, attributes, work) {
      const parent = current.getStore() ?? ROOT_CONTEXT;
      const span = tracer.startSpan(name, { attributes }, parent);
      try {
        return await current.run(trace.setSpan(parent, span), work);
      } catch (thrown) {
        fail(span, thrown);
        throw thrown;
      } finally {
        span.end();
      }
    },

    request(name, attributes, traceparent) {
      const parent = callerOf(traceparent);
      const span = tracer.startSpan(name, { attributes, kind: SpanKind.SERVER }, parent);
      return {
        run: (work) => current.run(trace.setSpan(parent, span), work),
        end: (more, isFailed) => {
          span.setAttributes(more);
          if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },

    close: () => provider.shutdown().catch((error) => warn(String(error))),
  };
}
