import { registerHooks } from 'node:module';
import t from 'tap';
import { createLogger } from '../logging/logger.ts';
import { startTestDomain, toneTask } from '../testing/test-domain.ts';
import { type ReceivedSpan, TraceReceiver } from '../testing/trace-receiver.ts';
import { openTelemetry } from './open-telemetry.ts';

// First: a package that was loaded once is not looked for again.
t.test('without the packages the refusal says how to install them', async (t) => {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => next(specifier.replace('@opentelemetry/', '@not-installed/'), context),
  });
  const logger = createLogger('silent');
  await t.rejects(openTelemetry({ endpoint: 'http://127.0.0.1:9' }, logger), {
    code: 'CONFIG_INVALID',
    message: /npm install @opentelemetry\/api@1\.\d+\.\d+ /,
  });
  hooks.deregister();
});

t.test('a domain that traces', async (t) => {
  const receiver = new TraceReceiver();
  await receiver.open();
  t.teardown(() => receiver.close());
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('debug', { write: (text: string) => void lines.push(JSON.parse(text)) });
  const tracing = { endpoint: receiver.url, headers: { 'x-key': 'abc' } };
  const domain = await startTestDomain(t, { tracing, logger });
  const caller = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
  const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;
  const created = await domain.call('POST', '/v1/tasks?token=secret', { id: 'a', task: toneTask }, { traceparent });
  t.equal(created.status, 201);
  const refused = await domain.refused('TASK_UNKNOWN', 'GET', '/v1/tasks/none');
  const live = await domain.live('a');
  await live.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -6 }] });
  await domain.close(); // sends what waits
  const { spans } = receiver;
  const one = (name: string, fits: (span: ReceivedSpan) => boolean = () => true): ReceivedSpan => {
    const found = spans.filter((span) => span.name === name && fits(span));
    t.equal(found.length, 1, `one span ${name} of ${spans.map((span) => span.name)}`);
    return found[0]!;
  };

  await t.test('a request is a span of its caller’s trace, with the engine and the store below it', async (t) => {
    const request = one('POST /v1/tasks');
    t.match(request, { traceId: caller.traceId, parentSpanId: caller.spanId, isFailed: false });
    t.match(request.attributes, {
      'http.request.method': 'POST',
      'http.route': '/v1/tasks',
      'url.path': '/v1/tasks',
      'http.response.status_code': 201,
      'audiocloud.request_id': created.headers.get('x-request-id'),
    });
    const below = { traceId: caller.traceId, parentSpanId: request.spanId };
    const isItsOwn = ({ attributes }: ReceivedSpan) =>
      /\btask\/main\/a event\b/.test(String(attributes['audiocloud.key']));
    t.match(one('engine load'), { ...below, attributes: { 'audiocloud.task': 'a' } });
    t.match(one('store write', isItsOwn), below);
  });

  await t.test('a live message is a trace of its own, with its command', async (t) => {
    const message = one('live set');
    t.equal(message.parentSpanId, undefined);
    t.match(one('engine set'), { traceId: message.traceId, parentSpanId: message.spanId });
  });

  await t.test('what the client did wrong is no failure', async (t) => {
    const request = one('GET /v1/tasks/:id');
    t.match(request, { isFailed: false, parentSpanId: undefined, attributes: { 'http.response.status_code': 404 } });
  });

  await t.test('headers of the configuration are sent, secrets of requests are not', async (t) => {
    t.equal(receiver.headers['x-key'], 'abc');
    t.notMatch(JSON.stringify(spans), /secret/);
  });

  await t.test('each request has a line at level debug, with its id and without its query', async (t) => {
    const answered = lines.filter(({ msg }) => msg === 'answered');
    t.match(
      answered.find(({ statusCode }) => statusCode === 201),
      { requestId: created.headers.get('x-request-id'), method: 'POST', path: '/v1/tasks', elapsedMs: Number },
    );
    t.match(
      answered.find(({ statusCode }) => statusCode === 404),
      { requestId: refused.requestId },
    );
    t.notMatch(JSON.stringify(lines), /secret/);
  });
});

t.test('a collector that is away is told in the log, and costs nobody an answer', async (t) => {
  const receiver = new TraceReceiver();
  await receiver.open();
  receiver.close();
  const lines: string[] = [];
  const logger = createLogger('warn', { write: (text: string) => void lines.push(text) });
  const tracer = await openTelemetry({ endpoint: receiver.url }, logger);
  t.equal(await tracer.span('work', {}, async () => 7), 7);
  await tracer.close();
  t.ok(
    lines.some((line) => line.includes('traces were not sent')),
    lines.join(''),
  );
});
