import { createHash, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MediaJob } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { startTestDomain } from '../testing/test-domain.ts';
import { noiseWav } from '../testing/noise-wav.ts';

const CONTENT = noiseWav(1_000_000);
const sha256 = createHash('sha256').update(CONTENT).digest('hex');
const domain = await startTestDomain(t, {
  imports: { allowsHttp: true, networks: ['127.0.0.1'], mostBytes: 2_000_000 },
  allowsPrivateWebhooks: true,
});
const { call } = domain;

async function serve(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ended({ id }: MediaJob): Promise<MediaJob> {
  for (;;) {
    const { body } = await call('GET', `/v1/media-jobs/${id}`);
    if (body.endedAt !== undefined) return body;
    await sleep(5);
  }
}

t.test('a file is imported from a URL, with the context of the client', async (t) => {
  const base = await serve(t, (_request, response) => response.end(CONTENT));
  const context = { order: 7, customer: 'Anna', paid: true };
  const asked = await call('POST', '/v1/media', { from: { url: `${base}/songs/My%20song.wav?key=secret` }, context });
  t.equal(asked.status, 202, JSON.stringify(asked.body));
  const job = await ended(asked.body);
  t.match(job, { state: 'done', bytes: CONTENT.length, name: 'My song.wav', context, retries: 0 });
  t.match((await call('GET', `/v1/media/${job.media}`)).body, { sha256, bytes: CONTENT.length });
  for (const { body } of [asked, await call('GET', '/v1/media-jobs')])
    t.notMatch(JSON.stringify(body), 'secret', 'what is asked for may be a secret');
  t.same(readFileSync(join(domain.dataDir, 'imported', sha256.slice(0, 2), sha256)), CONTENT);
  const { events } = (await call('GET', '/v1/events?limit=1000')).body;
  const told = events.filter(({ data }: { data: { job?: string } }) => data.job === job.id);
  t.match(told, [
    { type: 'media.requested', data: { context } },
    { type: 'media.imported', data: { context, sha256 } },
  ]);
});

t.test('a try that is cut goes on where it was, and the hash is that of the whole', async (t) => {
  const asked: IncomingHttpHeaders[] = [];
  const url = await serve(t, (request, response) => {
    asked.push(request.headers);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = CONTENT.subarray(from);
    const range = { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` };
    response.writeHead(from > 0 ? 206 : 200, {
      etag: '"one"',
      'content-length': rest.length,
      ...(from > 0 ? range : {}),
    });
    if (asked.length === 3) response.end(rest);
    else response.write(rest.subarray(0, 400_000), () => response.destroy());
  });
  const { body } = await call('POST', '/v1/media', { from: { url } });
  const job = await ended(body);
  t.match(job, { state: 'done', bytes: CONTENT.length, totalBytes: CONTENT.length, retries: 2 });
  t.match((await call('GET', `/v1/media/${job.media}`)).body, { sha256 });
  t.equal(asked.length, 3);
  const starts = asked.map(({ range, 'if-range': tag }) => [range, tag]);
  t.same(starts[0], [undefined, undefined]);
  for (const [range, tag] of starts.slice(1)) {
    t.match(range, /^bytes=[1-9]\d*-$/);
    t.equal(tag, '"one"');
  }
  t.same(readdirSync(join(domain.dataDir, 'imported', 'coming')), []);
});

t.test('one that was changed between two tries comes whole, as it is now', async (t) => {
  const other = noiseWav(500_000);
  let asked = 0;
  const url = await serve(t, (_request, response) => {
    asked += 1;
    // The second answer is to a request for the rest of the first content.
    if (asked > 1) response.writeHead(200, { etag: '"two"' }).end(other);
    else
      response
        .writeHead(200, { etag: '"one"', 'content-length': CONTENT.length })
        .write(CONTENT.subarray(0, 400_000), () => response.destroy());
  });
  const job = await ended((await call('POST', '/v1/media', { from: { url } })).body);
  t.match(job, { state: 'done', bytes: other.length });
  const found = (await call('GET', `/v1/media/${job.media}`)).body;
  t.equal(found.sha256, createHash('sha256').update(other).digest('hex'));
});

t.test('a rest of another content is not taken: it is asked for anew', async (t) => {
  const other = noiseWav(500_000);
  const asked: (string | undefined)[] = [];
  const url = await serve(t, (request, response) => {
    asked.push(request.headers.range);
    if (asked.length === 1)
      response
        .writeHead(200, { etag: '"one"', 'content-length': CONTENT.length })
        .write(CONTENT.subarray(0, 400_000), () => response.destroy());
    else if (asked.length === 2) response.writeHead(503).end();
    // It does not look at If-Range.
    else if (asked.length === 3)
      response
        .writeHead(206, { etag: '"two"', 'content-range': `bytes 400000-${other.length - 1}/${other.length}` })
        .end(other.subarray(400_000));
    else response.writeHead(200, { etag: '"two"' }).end(other);
  });
  const job = await ended((await call('POST', '/v1/media', { from: { url } })).body);
  t.match(job, { state: 'done', bytes: other.length, retries: 3 });
  const found = (await call('GET', `/v1/media/${job.media}`)).body;
  t.equal(found.sha256, createHash('sha256').update(other).digest('hex'));
  const [first, second, third, fourth] = asked;
  t.match([second, third], [/^bytes=[1-9]\d*-$/, /^bytes=[1-9]\d*-$/], 'also after a try in which it was away');
  t.same([first, fourth], [undefined, undefined]);
});

t.test('a server that wants a pause gets it; one that has nothing is not asked again', async (t) => {
  let asked = 0;
  const busy = await serve(t, (_request, response) => {
    asked += 1;
    response.writeHead(429, { 'retry-after': '60' }).end();
  });
  const { body } = await call('POST', '/v1/media', { from: { url: busy } });
  let job: MediaJob;
  do job = (await call('GET', `/v1/media-jobs/${body.id}`)).body;
  while (job.state !== 'waiting');
  t.match(job.error, { code: 'MEDIA_UNREACHABLE', details: { status: 429, retryAfterSeconds: 60 } });
  t.ok(Date.parse(job.nextTryAt!) - Date.now() > 50_000, 'not before a minute');
  await call('DELETE', `/v1/media-jobs/${job.id}`);
  t.equal((await ended(job)).state, 'cancelled');
  t.equal(asked, 1);
  let missed = 0;
  const none = await serve(t, (_request, response) => {
    missed += 1;
    response.writeHead(404).end();
  });
  const failed = await ended((await call('POST', '/v1/media', { from: { url: none } })).body);
  t.match(failed, { state: 'failed', retries: 1, error: { code: 'MEDIA_REFUSED', details: { status: 404 } } });
  t.equal(missed, 1);
});

t.test('an import that hangs is called off at once', async (t) => {
  let begun = false;
  const url = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 1000 }).write('a');
    begun = true;
  });
  const { body } = await call('POST', '/v1/media', { from: { url } });
  while (!begun) await sleep(5);
  t.equal((await call('DELETE', `/v1/media-jobs/${body.id}`)).body.desired, 'cancelled');
  const job = await ended(body);
  t.equal(job.state, 'cancelled');
  const tookMs = Date.parse(job.endedAt!) - Date.parse(job.createdAt);
  t.ok(tookMs < 20_000, `${tookMs} ms, where the server might be silent for 30 s`);
});

t.test('what is too large says by how much, and nothing of it stays', async (t) => {
  const url = await serve(t, (_request, response) => response.end(Buffer.alloc(2_000_001)));
  const job = await ended((await call('POST', '/v1/media', { from: { url } })).body);
  t.match(job, {
    state: 'failed',
    error: { code: 'MEDIA_TOO_LARGE', details: { overBytes: 1, mostBytes: 2_000_000 } },
  });
  t.same(readdirSync(join(domain.dataDir, 'imported', 'coming')), []);
});

t.test('a URL that may not be is refused before there is a job, also in a dry run', async (t) => {
  for (const query of ['', '?dryRun=true'])
    for (const url of ['http://127.0.0.2/', 'https://[::1]/', 'ftp://example.com/', 'https://a:b@example.com/'])
      await domain.refused('MEDIA_URL', 'POST', `/v1/media${query}`, { from: { url } });
  const tried = await call('POST', '/v1/media?dryRun=true', { from: { url: 'https://example.com/a.wav' } });
  t.match(tried, { status: 202, body: { state: 'queued', name: 'a.wav' } });
  await domain.refused('MEDIA_JOB_UNKNOWN', 'GET', `/v1/media-jobs/${tried.body.id}`);
});

t.test('a context that is no small object is refused', async () => {
  const from = { url: 'https://example.com/a.wav' };
  for (const context of [1, [], { a: {} }, { a: 'x'.repeat(257) }, { '': 1 }, manyKeys(17)])
    await domain.refused('REQUEST_INVALID', 'POST', '/v1/media', { from, context });
});
const manyKeys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

t.test('the metrics count what was refused', async (t) => {
  const { body } = await call('GET', '/metrics');
  for (const code of ['MEDIA_TOO_LARGE', 'MEDIA_REFUSED', 'MEDIA_UNREACHABLE'])
    t.match(body, new RegExp(`^audiocloud_domain_media_refusals_total\\{code="${code}"\\} [1-9]`, 'm'));
});

t.test('a webhook tells of it, signed, with both contexts', async (t) => {
  const received: { headers: IncomingHttpHeaders; text: string }[] = [];
  const hook = await serve(t, async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    received.push({ headers: request.headers, text });
    response.writeHead(204).end();
  });
  const types = ['media.requested', 'media.imported'];
  const made = await call('POST', '/v1/webhooks', { url: hook, types, context: 'of the webhook' });
  const url = await serve(t, (_request, response) => response.end(CONTENT));
  const context = { order: 'A-17', paid: null };
  const job = await ended((await call('POST', '/v1/media', { from: { url }, context })).body);
  while (received.length < 2) await sleep(5);
  const key = Buffer.from(made.body.secret.slice('whsec_'.length), 'base64');
  for (const { headers, text } of received) {
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
    t.equal(headers['webhook-signature'], `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    t.match(JSON.parse(text), { data: { media: job.media, job: job.id, context }, context: 'of the webhook' });
  }
  t.same(
    received.map(({ text }) => JSON.parse(text).type),
    types,
  );
  await call('DELETE', `/v1/webhooks/${made.body.id}`);
});
