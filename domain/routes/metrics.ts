import { Type } from 'typebox';
import { engineMetrics } from '../metrics/engine-metrics.ts';
import { MetricText } from '../metrics/metric-text.ts';
import packageJson from '../package.json' with { type: 'json' };
import type { Route } from './route.ts';

export const metrics: Route = (server, { engine }) =>
  server.get(
    '/metrics',
    {
      config: { permission: 'administration', rateLimit: false },
      schema: {
        operationId: 'readMetrics',
        summary: 'Metrics of the domain and its engine, in the text format of Prometheus',
        tags: ['service'],
        produces: ['text/plain'],
        response: { 200: Type.String() },
      },
      // the server's own serializer makes JSON
      serializerCompiler: () => String,
    },
    async (_request, reply) => {
      const text = new MetricText();
      text.gauge('audiocloud_domain_info', 'What the domain is, as labels.', 1, {
        version: packageJson.version,
        node: process.version,
      });
      text.gauge('audiocloud_domain_uptime_seconds', 'Since the process of the domain started.', process.uptime());
      text.gauge(
        'audiocloud_domain_resident_memory_bytes',
        'Memory of the process of the domain.',
        process.memoryUsage.rss(),
      );
      engineMetrics(text, engine.isUp, engine.facts, engine.counters);
      return reply.type(MetricText.CONTENT_TYPE).send(text.toString());
    },
  );
