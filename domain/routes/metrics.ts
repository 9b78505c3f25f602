import { Type } from 'typebox';
import { domainMetrics } from '../metrics/domain-metrics.ts';
import { engineMetrics } from '../metrics/engine-metrics.ts';
import { MetricText } from '../metrics/metric-text.ts';
import { whyNotReady } from './readiness.ts';
import type { Route } from './route.ts';

/** Some 16,000 tasks with a hundred instances each. */
const MOST_TEXT = 512 * 1024 * 1024;

export const metrics: Route = (server, services) =>
  server.get(
    '/metrics',
    {
      config: { permission: 'administration', rateLimit: false },
      schema: {
        operationId: 'readMetrics',
        summary: 'Metrics of the domain and its engines, in the text format of Prometheus',
        tags: ['service'],
        produces: ['text/plain'],
        response: { 200: Type.String({ maxLength: MOST_TEXT }) },
      },
      // the server's own serializer makes JSON
      serializerCompiler: () => String,
    },
    async (_request, reply) => {
      const { engines, counters, sessions, draining, media, exports, uploads } = services;
      const text = new MetricText();
      domainMetrics(text, counters, {
        isReady: (await whyNotReady(services)).length === 0,
        sessions: sessions.size,
        mostWaitingBytes: sessions.mostWaitingBytes,
        requestsUnderWay: draining.underWay,
        media: { ...media.counts, uploads: uploads.counts },
        exports: exports.counts,
      });
      for (const { id, engine } of engines.list) engineMetrics(text, id, engine.isUp, engine.facts, engine.counters);
      return reply.type(MetricText.CONTENT_TYPE).send(text.toString());
    },
  );
