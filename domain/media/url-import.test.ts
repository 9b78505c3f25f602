import { createHash, randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MediaJob } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { startTestDomain } from '../testing/test-domain.ts';

const CONTENT = randomBytes(1_000_000);
const sha256 = createHash('sha256').update(CONTENT).digest('hex');
const domain = await startTestDomain(t, {
  imports: { allowsHttp: true, networks: ['127.0.0.0/8'], mostBytes: 2_000_000, idleMs: 1_000 },
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
  t.same(readFileSync(join(domain.dataDir, 'imported', sha256.slice(0, 2), sha256)), CONTENT);
  const { events } = (await call('GET', '/v1/events?limit=1000')).body;
  const told = events.filter(({ data }: { data: { job?: string } }) => data.job === job.id);
  t.match(told, [
    { type: 'media.requested', data: { context } },
    { type: 'media.imported', data: { context, sha256 } },
  ]);
});
