import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DomainEvent, Media, MediaJob } from '@audiocloud/api';
import t from 'tap';
import { KillableDomain } from '../testing/killable-domain.ts';
import { noiseWav } from '../testing/noise-wav.ts';

const MEBIBYTE = 2 ** 20;
/** Takes some tenths of a second to hash and write. */
const FILE_MEBIBYTES = 32;

t.setTimeout(120_000);

t.test('a domain that is killed in the middle of an import does it after its restart', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-import-'));
  const dataDir = join(folder, 'data');
  mkdirSync(join(folder, 'media'));
  const content = noiseWav(FILE_MEBIBYTES * MEBIBYTE);
  writeFileSync(join(folder, 'media', 'long.wav'), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const domain = new KillableDomain({
    dataDir,
    access: 'open',
    mediaDirs: [join(folder, 'media')],
    pluginDirs: [fileURLToPath(new URL('../../plugins', import.meta.url))],
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
    requestsPerMinute: 1_000_000,
  });
  t.teardown(async () => {
    await domain.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const call: KillableDomain['call'] = (...request) => domain.call(...request);
  const comingOf = ({ id }: MediaJob) => join(dataDir, 'imported', 'coming', id);
  const sizeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const look = ({ id }: MediaJob) => call<MediaJob>('GET', `/v1/media-jobs/${id}`);
  const endOf = async (job: MediaJob): Promise<MediaJob> => {
    for (;;) {
      const now = await look(job);
      if (now.endedAt !== undefined) return now;
      await sleep(10);
    }
  };
  const ask = (more: object = {}) => call<MediaJob>('POST', '/v1/media', { from: { path: 'long.wav' }, ...more });

  await domain.start();
  let asked = await ask({ name: 'Long', tags: ['a'] });
  for (;;) {
    while (sizeOf(comingOf(asked)) < MEBIBYTE && (await look(asked)).endedAt === undefined);
    await domain.kill();
    if (sizeOf(comingOf(asked)) > 0) break;
    // It was through before it was killed: once more.
    await domain.start();
    asked = await ask({ name: 'Long', tags: ['a'] });
  }
  const left = sizeOf(comingOf(asked));
  t.comment(`${(left / MEBIBYTE).toFixed(0)} of ${FILE_MEBIBYTES} MiB were copied when it was killed`);

  await domain.start();
  t.match(await endOf(asked), { state: 'done', media: asked.media, bytes: content.length, name: 'Long', tags: ['a'] });
  t.match(await call<Media>('GET', `/v1/media/${asked.media}`), { sha256, bytes: content.length, name: 'Long' });
  const file = join(dataDir, 'imported', sha256.slice(0, 2), sha256);
  t.equal(createHash('sha256').update(readFileSync(file)).digest('hex'), sha256);
  t.same(readdirSync(join(dataDir, 'imported', 'coming')), [], 'nothing is left of the first try');
  const { events } = await call<{ events: DomainEvent[] }>('GET', '/v1/events?limit=1000');
  t.same(
    events.flatMap((event) => ('job' in event.data && event.data.job === asked.id ? [event.type] : [])),
    ['media.requested', 'media.imported'],
    'told once',
  );

  let cancelled: MediaJob;
  do {
    const another = await ask();
    while (sizeOf(comingOf(another)) === 0 && (await look(another)).endedAt === undefined);
    cancelled = await call<MediaJob>('DELETE', `/v1/media-jobs/${another.id}`);
  } while (cancelled.desired !== 'cancelled'); // it was through before
  await domain.kill();
  await domain.start();
  t.equal((await endOf(cancelled)).state, 'cancelled', 'also when it is killed before the copy has ended');
  t.equal(sizeOf(comingOf(cancelled)), 0);
});
