import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came, with what a test asks of it. */
export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  isFailed: boolean;
  attributes: Record<string, unknown>;
}

interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status?: { code?: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** What OTLP over HTTP is sent to, in JSON: keeps all spans. */
export class TraceReceiver {
  readonly spans: ReceivedSpan[] = [];
  headers: IncomingHttpHeaders = {};
  url = '';
  private readonly server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    this.headers = request.headers;
    for (const { scopeSpans } of JSON.parse(text).resourceSpans)
      for (const { spans } of scopeSpans) this.spans.push(...spans.map(toSpan));
    response.setHeader('content-type', 'application/json').end('{}');
  });

  async open(): Promise<void> {
    await once(this.server.listen(0, '127.0.0.1'), 'listening');
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/traces`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

function toSpan({ name, traceId, spanId, parentSpanId, status, attributes }: OtlpSpan): ReceivedSpan {
  return {
    name,
    traceId,
    spanId,
    parentSpanId: parentSpanId || undefined,
    isFailed: status?.code === 2,
    attributes: Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]])),
  };
}
