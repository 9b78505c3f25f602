import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Media, MediaJob } from '@audiocloud/api';
import t from 'tap';
import { Upload, type UploadOptions } from 'tus-js-client';
import { seededRandom } from '../../../engine/plugin/seeded-random.ts';
import { cuttingProxy } from '../../testing/cutting-proxy.ts';
import { startTestDomain } from '../../testing/test-domain.ts';
import { noiseWav } from '../../testing/noise-wav.ts';

const SEED = Number(process.env['SEED'] ?? 7);
const CUTS = 20;
const BYTES = 8 * 2 ** 20;

const domain = await startTestDomain(t);
const { call, dataDir } = domain;
const content = noiseWav(BYTES);
const sha256 = createHash('sha256').update(content).digest('hex');

/** What a program of somebody else does, with the tus library that most use. */
function upload(
  base: string,
  metadata: Record<string, string>,
  more: Partial<UploadOptions> = {},
): Promise<{ job: string; id: string }> {
  return new Promise((resolve, reject) => {
    let job = '';
    const one = new Upload(content, {
      endpoint: `${base}/v1/uploads`,
      metadata,
      retryDelays: Array(CUTS * 2).fill(1),
      onAfterResponse: (_request, response) => {
        job = response.getHeader('Media-Job') ?? job;
      },
      onError: reject,
      onSuccess: () => resolve({ job, id: one.url!.split('/').at(-1)! }),
      ...more,
    });
    one.start();
  });
}
async function ended(id: string): Promise<MediaJob> {
  for (;;) {
    const { body } = await call('GET', `/v1/media-jobs/${id}`);
    if (body.endedAt !== undefined) return body;
    await sleep(5);
  }
}
const mediaOf = async (job: MediaJob): Promise<Media> => (await call('GET', `/v1/media/${job.media}`)).body;
const uploads = () => readdirSync(join(dataDir, 'uploads', 'main')).filter((name) => !name.endsWith('.json'));

t.test('an upload becomes media, without a copy', async (t) => {
  const begun = { inode: 0 };
  const { job, id } = await upload(
    domain.url,
    {
      filename: '../../etc/My song.wav',
      tags: 'vocals, take 3',
      context: '{"order":7}',
    },
    {
      chunkSize: BYTES / 2,
      onChunkComplete: () => {
        for (const name of readdirSync(join(dataDir, 'uploads', 'main'))) {
          if (!name.endsWith('.json')) begun.inode ||= statSync(join(dataDir, 'uploads', 'main', name)).ino;
        }
      },
    },
  );
  t.equal(job, id.replace('upload', 'media-job'), 'the import has the digits of the upload');
  const done = await ended(job);
  t.match(done, {
    state: 'done',
    from: { upload: id },
    name: 'My song.wav',
    tags: ['vocals', 'take 3'],
    context: { order: 7 },
    bytes: BYTES,
    retries: 0,
  });
  t.match(await mediaOf(done), { sha256, bytes: BYTES });
  const file = join(dataDir, 'imported', sha256.slice(0, 2), sha256);
  t.ok(readFileSync(file).equals(content));
  t.same([statSync(file).ino, statSync(file).nlink], [begun.inode, 1], 'the very file that was uploaded');
  t.same(uploads(), [], 'nothing of it is left where it came');
  const head = await fetch(`${domain.url}/v1/uploads/${id}`, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
  const told = ['upload-offset', 'upload-length', 'media-job'].map((name) => head.headers.get(name));
  t.same([head.status, ...told], [200, String(BYTES), String(BYTES), job], 'who missed the answer learns it');
  t.match((await call('GET', `/v1/uploads/${id}`)).body, { id, bytes: BYTES, totalBytes: BYTES, job });
  t.equal((await call('DELETE', `/v1/media/${done.media}`)).status, 204);
  t.notOk(existsSync(file));
});

t.test(`an upload that is cut at ${CUTS} points comes whole (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED);
  // Of the whole at most: each is cut while there is something left.
  const budgets = Array.from({ length: CUTS }, () => 1000 + Math.floor(random() * (BYTES / CUTS - 1000)));
  const proxy = await cuttingProxy(() => domain.url, budgets);
  t.teardown(() => proxy.close());
  const { job } = await upload(proxy.url, { name: 'Cut' });
  t.equal(proxy.cuts, CUTS);
  const done = await ended(job);
  t.match(done, { state: 'done', bytes: BYTES });
  t.match(await mediaOf(done), { sha256, bytes: BYTES, name: 'Cut' });
  t.same(uploads(), []);
});

t.test('the length may be said at the end', async (t) => {
  const { job } = await upload(domain.url, { name: 'Deferred' }, { uploadLengthDeferred: true, chunkSize: 3_000_000 });
  t.match(await mediaOf(await ended(job)), { sha256, bytes: BYTES });
});

t.test('the first bytes may come with the request that begins it', async (t) => {
  const { job } = await upload(domain.url, { name: 'At once' }, { uploadDataDuringCreation: true });
  t.match(await mediaOf(await ended(job)), { sha256, bytes: BYTES });
});

t.test('one that is given up by its client is gone', async (t) => {
  const one = new Upload(content, { endpoint: `${domain.url}/v1/uploads`, chunkSize: 1_000_000 });
  await new Promise<void>((resolve, reject) => {
    one.options.onError = reject;
    one.options.onChunkComplete = () => resolve();
    one.start();
  });
  await one.abort(true);
  t.same(uploads(), []);
  await domain.refused('UPLOAD_UNKNOWN', 'GET', `/v1/uploads/${one.url!.split('/').at(-1)}`);
});

t.test('the metrics count uploads', async (t) => {
  const { body } = await call('GET', '/metrics');
  t.match(body, /^audiocloud_domain_uploads_total\{state="begun"\} 5$/m);
  t.match(body, /^audiocloud_domain_uploads_total\{state="finished"\} 4$/m);
  const [, bytes] = /^audiocloud_domain_uploaded_bytes_total (\d+)$/m.exec(body) ?? [];
  t.ok(Number(bytes) >= 4 * BYTES, `${bytes} bytes`);
});
