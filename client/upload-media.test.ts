import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { cuttingProxy } from '../domain/testing/cutting-proxy.ts';
import { startTestDomain } from '../domain/testing/test-domain.ts';
import { noiseWav } from '../domain/testing/noise-wav.ts';
import { AudioCloudClient } from './audio-cloud-client.ts';

const domain = await startTestDomain(t, { imports: { allowsHttp: true, networks: ['127.0.0.1'] } });
const content = noiseWav(2_000_000);
const sha256 = createHash('sha256').update(content).digest('hex');
const file = new File([content], 'Größe.wav');

t.test('a file is sent in parts over a way that breaks, and becomes media', async (t) => {
  const proxy = await cuttingProxy(() => domain.url, [100_000, 250_000, 50_000, 300_000, 10]);
  t.teardown(() => proxy.close());
  const { media } = new AudioCloudClient(proxy.url);
  const told: number[] = [];
  let id = '';
  const job = await media.upload(file, {
    chunkBytes: 400_000,
    tags: ['a', 'b'],
    context: { order: 1 },
    onBegun: (upload) => {
      id = upload;
    },
    onProgress: (bytes, totalBytes) => {
      t.equal(totalBytes, content.length);
      told.push(bytes);
    },
  });
  t.equal(proxy.cuts, 5);
  t.same(job.from, { upload: id });
  t.same(
    told,
    [...told].sort((a, b) => a - b),
    'progress only rises',
  );
  t.equal(told.at(-1), content.length);
  const done = await media.ended(job.id);
  t.match(done, { state: 'done', name: 'Größe.wav', tags: ['a', 'b'], context: { order: 1 } });
  t.match(await media.get(done.media), { sha256, bytes: content.length });
});

t.test('one that was interrupted is gone on with, by another client, if it is of the same file', async (t) => {
  const { media } = new AudioCloudClient(domain.url);
  const stop = new AbortController();
  let id = '';
  const interrupted = media.upload(file, {
    chunkBytes: 500_000,
    signal: stop.signal,
    onBegun: (upload) => {
      id = upload;
    },
    onProgress: (bytes) => {
      if (bytes > 0) stop.abort(new Error('interrupted'));
    },
  });
  await t.rejects(interrupted, { message: 'interrupted' });
  await t.rejects(media.upload(new File(['x'], 'x'), { resume: id }), {
    code: 'REQUEST_INVALID',
    message: /2000000 bytes, this one has 1/,
  });
  const told: number[] = [];
  const job = await media.upload(file, { resume: id, onProgress: (bytes) => told.push(bytes) });
  t.equal(told[0], 500_000, 'what came before is not sent again');
  t.match(await media.ended(job.id), { state: 'done' });
  await t.rejects(media.upload(file, { resume: 'upload-000000000000' }), { code: 'UPLOAD_UNKNOWN' });
});

t.test('an empty file, and one that is refused', async (t) => {
  const { media } = new AudioCloudClient(domain.url);
  t.match(await media.ended((await media.upload(new File([], 'empty.wav'))).id), { name: 'empty.wav' });
  const short = noiseWav(1000);
  const unnamed = await media.upload(new Blob([short]));
  t.match(await media.ended(unnamed.id), { state: 'done', bytes: short.length, name: /^upload-/ });
  await t.rejects(media.upload(file, { tags: ['x'.repeat(65)] }), { code: 'REQUEST_INVALID' });
  const nobody = new AudioCloudClient('http://127.0.0.1:9');
  const stop = AbortSignal.timeout(600);
  await t.rejects(nobody.media.upload(file, { signal: stop }), 'it waits for a domain until it is called off');
});

t.test('a URL is imported by the domain', async (t) => {
  const server = createServer((_request, response) => response.end(content));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const { media } = new AudioCloudClient(domain.url);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/song.wav`;
  const job = await media.ended((await media.importUrl(url, { name: 'Song', context: { a: true } })).id);
  t.match(job, { state: 'done', name: 'Song', context: { a: true } });
  t.match(await media.get(job.media), { sha256 });
  await t.rejects(media.importUrl('https://10.0.0.1/'), { code: 'MEDIA_URL' });
});
