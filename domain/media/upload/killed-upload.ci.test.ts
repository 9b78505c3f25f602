import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Media, MediaJob } from '@audiocloud/api';
import t from 'tap';
import { Upload } from 'tus-js-client';
import { cuttingProxy } from '../../testing/cutting-proxy.ts';
import { KillableDomain } from '../../testing/killable-domain.ts';
import { noiseWav } from '../../testing/noise-wav.ts';

const BYTES = 24 * 2 ** 20;
/** Sent at once: what came of one is kept when the domain is killed in the middle of it. */
const CHUNK_BYTES = 2 ** 20;

t.setTimeout(120_000);

t.test('a domain that is killed in the middle of an upload, and after it, imports all of it once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-upload-'));
  mkdirSync(join(folder, 'media'));
  const content = noiseWav(BYTES);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const domain = new KillableDomain({
    dataDir: join(folder, 'data'),
    access: 'open',
    mediaDirs: [join(folder, 'media')],
    pluginDirs: [fileURLToPath(new URL('../../../plugins', import.meta.url))],
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
    requestsPerMinute: 1_000_000,
  });
  await domain.start();
  // The domain has another port after its restart.
  const proxy = await cuttingProxy(() => domain.url, []);
  t.teardown(async () => {
    proxy.close();
    await domain.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const call: KillableDomain['call'] = (...request) => domain.call(...request);

  let kills = 0;
  let restart = Promise.resolve();
  const kill = () => {
    kills += 1;
    restart = restart.then(() => domain.kill()).then(() => domain.start());
    return restart;
  };
  const job = await new Promise<string>((resolve, reject) => {
    let told = '';
    const upload = new Upload(content, {
      endpoint: `${proxy.url}/v1/uploads`,
      chunkSize: CHUNK_BYTES,
      metadata: { filename: 'long.wav' },
      retryDelays: Array(1000).fill(20),
      onProgress: (bytes) => {
        // Somewhere within a chunk: the client has sent it, and has no answer yet.
        if (kills < 2 && bytes > (BYTES * (kills + 1)) / 3) void kill();
      },
      onAfterResponse: (_request, response) => {
        told = response.getHeader('Media-Job') ?? told;
      },
      onError: reject,
      onSuccess: () => resolve(told),
    });
    upload.start();
  });
  await restart;
  t.equal(kills, 2, 'it was killed twice meanwhile');
  // Once more, while it hashes, or before, or after.
  await kill();
  let ended: MediaJob;
  do {
    ended = await call<MediaJob>('GET', `/v1/media-jobs/${job}`);
    await sleep(10);
  } while (ended.endedAt === undefined);
  t.match(ended, { state: 'done', bytes: BYTES, name: 'long.wav' });
  t.match(await call<Media>('GET', `/v1/media/${ended.media}`), { sha256, bytes: BYTES });
  const { media } = await call<{ media: Media[] }>('GET', '/v1/media');
  t.equal(media.length, 1, 'once');
  const left = readdirSync(join(folder, 'data', 'uploads', 'main')).filter((name) => !name.endsWith('.json'));
  t.same(left, [], 'nothing is left of it');
});
