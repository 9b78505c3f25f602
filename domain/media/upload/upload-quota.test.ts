import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { AudioCloudError, type MediaJob } from '@audiocloud/api';
import type { FastifyRequest } from 'fastify';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { VirtualClock } from '../../clock/virtual-clock.ts';
import { causeBy } from '../../events/cause.ts';
import { EventJournal } from '../../events/event-journal.ts';
import { Random } from '../../simulation/world/random.ts';
import { openSqliteStore } from '../../store/sqlite-store.ts';
import { TaskIndex } from '../../tasks/task-index.ts';
import { soundInspector } from '../../testing/sound-inspector.ts';
import { contentFolder } from '../content-folder.ts';
import type { MediaLimits } from '../media-limits.ts';
import { mediaJobOfUpload } from '../media-imports.ts';
import { MediaService } from '../media-service.ts';
import { mediaSources } from '../media-sources.ts';
import { pathSources } from '../path-sources.ts';
import { UploadFolder } from './upload-folder.ts';
import { UploadService } from './upload-service.ts';
import { uploadSources } from './upload-sources.ts';

const HOUR_MS = 60 * 60 * 1000;
const EXPIRY_MS = 24 * HOUR_MS;
const MOST_BYTES = 10_000;

/** A request of tus as the library is shown it. */
function tus(method: string, headers: Record<string, number | string>, body?: Buffer): FastifyRequest {
  const said = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  const content = body
    ? { 'content-type': 'application/offset+octet-stream', 'content-length': String(body.length) }
    : {};
  const all = { 'tus-resumable': '1.0.0', ...content, ...Object.fromEntries(said) };
  return { method, headers: all, raw: Readable.from(body ? [body] : []), id: 'request' } as never;
}

/** The real services on a real disk. */
async function library(t: Test, limits: MediaLimits, free?: () => number) {
  const folder = mkdtempSync(join(tmpdir(), 'upload-quota-'));
  await mkdir(join(folder, 'media'));
  const clock = new VirtualClock(Date.now());
  const store = openSqliteStore(':memory:');
  const tasks = await TaskIndex.open(store);
  const random = new Random(7);
  const randomBytes = (count: number) => random.bytes(count);
  const logger = pino({ level: 'silent' }) as never;
  const open = async () => {
    const uploadFolder = new UploadFolder(join(folder, 'uploads'), EXPIRY_MS);
    const media = await MediaService.open({
      store,
      journal: await EventJournal.open({ store, clock }),
      clock,
      logger,
      randomBytes,
      disk: {
        sources: mediaSources({
          path: pathSources([join(folder, 'media')]),
          upload: uploadSources(uploadFolder),
        }),
        content: contentFolder(join(folder, 'imported')),
        ...(free ? { freeBytes: async () => free() } : {}),
      },
      inspector: soundInspector,
      mostJobs: 2,
      tasks,
      settings: { reserveBytes: 0 },
      limitsOf: (application) => (application === 'main' ? limits : undefined),
      isErasing: () => false,
    });
    media.resume();
    const settings = { mostBytes: MOST_BYTES, mostUploads: 100, idleMs: 30_000 };
    const uploads = new UploadService({ folder: uploadFolder, settings, media, clock, logger, randomBytes });
    await uploads.start();
    return { media, uploads };
  };
  let services = await open();
  const close = async () => {
    services.uploads.close();
    await services.media.close();
  };
  t.teardown(async () => {
    await close();
    tasks.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get media() {
      return services.media;
    },
    get uploads() {
      return services.uploads;
    },
    async reopen() {
      await close();
      services = await open();
    },
    write: (name: string, bytes: number) => writeFileSync(join(folder, 'media', name), Buffer.alloc(bytes, name)),
    async begin(bytes: number | undefined, first?: Buffer): Promise<string> {
      const length: Record<string, number> =
        bytes === undefined ? { 'upload-defer-length': 1 } : { 'upload-length': bytes };
      const answer = await services.uploads.create('main', tus('POST', length, first), causeBy());
      return answer.headers['location']!.split('/').at(-1)!;
    },
    append: (id: string, offset: number, body: Buffer, headers: Record<string, number> = {}) =>
      services.uploads.append('main', id, tus('PATCH', { 'upload-offset': offset, ...headers }, body)),
    import: (path: string) => services.media.create('main', { from: { path } }),
    async ended(id: string): Promise<MediaJob> {
      for (;;) {
        const job = await services.media.job('main', id);
        if (job.endedAt !== undefined) return job;
        await new Promise(setImmediate);
        clock.advance(1);
      }
    },
    /** What counts, by a refusal of something that is larger than all. */
    async counted(): Promise<{ used: number; reserved?: number }> {
      writeFileSync(join(folder, 'media', 'huge.wav'), Buffer.alloc(MOST_BYTES));
      const asked = services.media.create('main', { from: { path: 'huge.wav' } }, { isDryRun: true });
      return asked.then(
        () => t.fail('there is room for everything') as never,
        ({ details }) => details,
      );
    },
    /** All uploads that are under way are too old; those after that are not. */
    async expire() {
      clock.jump(EXPIRY_MS + HOUR_MS);
      await services.uploads.sweep();
      clock.jump(-EXPIRY_MS - HOUR_MS);
    },
  };
}

t.test('uploads at once are held against the limit together, and it is said how far over', async (t) => {
  const its = await library(t, { mediaBytes: 100 });
  const one = await its.begin(60);
  await t.rejects(its.begin(50), {
    code: 'MEDIA_QUOTA',
    message:
      'Cannot import 50 bytes: the application has 0 of the 100 that it may have, and 60 more are on their way; that is 10 too many',
    details: { limit: 'mediaBytes', most: 100, used: 60, reserved: 60, over: 10 },
  });
  its.write('large.wav', 41);
  await t.rejects(its.import('large.wav'), { code: 'MEDIA_QUOTA', details: { over: 1 } }, 'imports as well');
  const many = await Promise.allSettled(Array.from({ length: 8 }, () => its.begin(15)));
  t.equal(many.filter(({ status }) => status === 'fulfilled').length, 2, 'of many in one moment those that fit');
  for (const each of many)
    if (each.status === 'fulfilled') await its.uploads.remove('main', each.value);
    else t.match(each.reason, { code: 'MEDIA_QUOTA' });
  t.match(await its.counted(), { used: 60, reserved: 60 }, 'what is given up counts no more');
  await its.reopen();
  t.match(await its.counted(), { used: 60, reserved: 60 }, 'also after a restart');
  await its.append(one, 0, Buffer.alloc(60));
  t.equal((await its.ended(mediaJobOfUpload(one))).state, 'done');
  t.match(await its.counted(), { used: 60, reserved: undefined }, 'it counts once, by itself');
});

t.test('how many may be there counts uploads that are on their way', async (t) => {
  const its = await library(t, { mediaFiles: 2 });
  const [one] = [await its.begin(5), await its.begin(5)];
  const over = { code: 'MEDIA_QUOTA', details: { limit: 'mediaFiles', most: 2, used: 2, over: 1 } };
  await t.rejects(its.begin(5), over);
  await its.append(one!, 0, Buffer.alloc(5));
  t.equal((await its.ended(mediaJobOfUpload(one!))).state, 'done');
  await t.rejects(its.begin(5), over);
});

t.test('one whose length is said later counts with what came, and with all of it from then on', async (t) => {
  const its = await library(t, { mediaBytes: 100 });
  const id = await its.begin(undefined, Buffer.alloc(20));
  t.match(await its.counted(), { used: 20 });
  await its.append(id, 20, Buffer.alloc(20));
  t.match(await its.counted(), { used: 40 });
  const over = { code: 'MEDIA_QUOTA', details: { over: 1 } };
  await t.rejects(its.append(id, 40, Buffer.alloc(61)), over);
  await t.rejects(its.append(id, 40, Buffer.alloc(1), { 'upload-length': 101 }), over);
  t.match(await its.counted(), { used: 40 }, 'what is refused changes nothing');
  await its.append(id, 40, Buffer.alloc(1), { 'upload-length': 90 });
  t.match(await its.counted(), { used: 90 });
  await its.expire();
  t.match(await its.counted(), { used: 0 }, 'what expired counts no more');
});

t.test('what is refused for another reason is not held', async (t) => {
  let free = 1_000_000;
  const its = await library(t, { mediaBytes: 100 }, () => free);
  await t.rejects(
    its.uploads.create('main', tus('POST', { 'upload-length': 20, 'upload-concat': 'partial' }), causeBy()),
    { code: 'REQUEST_INVALID' },
  );
  free = 10;
  await t.rejects(its.begin(20), { code: 'DISK_FULL' });
  free = 1_000_000;
  t.match(await its.counted(), { used: 0 });
});

/** What runs at once in a random life; what is not as it has to be is thrown. */
async function live(t: Test, seed: number): Promise<{ done: number; refused: number; removed: number }> {
  const random = new Random(seed);
  const limits = { mediaBytes: 400, mediaFiles: 9 };
  const its = await library(t, limits);
  const sizes = [5, 20, 60, 120];
  for (const size of sizes) its.write(`f${size}.wav`, size);
  /** Uploads that are on their way: how much came, and how much is to come in all. */
  const running = new Map<string, { bytes: number; totalBytes: number }>();
  const count = { done: 0, refused: 0, removed: 0 };
  const whole = (what: string, isSo: boolean) => {
    if (!isSo) throw new Error(`seed ${seed}: ${what}`);
  };
  const isQuota = (error: unknown) => {
    whole(`refused: ${error}`, error instanceof AudioCloudError && error.code === 'MEDIA_QUOTA');
    count.refused += 1;
  };
  const done = async (id: string) => {
    const { state, error } = await its.ended(id);
    whole(`${id} was taken, and is ${state}: ${error?.message}`, state === 'done');
    count.done += 1;
  };
  const acts: Record<string, () => Promise<void>> = {
    async begin() {
      const totalBytes = random.pick(sizes);
      const id = await its.begin(totalBytes).catch(isQuota);
      if (id !== undefined) running.set(id, { bytes: 0, totalBytes });
    },
    async append() {
      if (running.size === 0) return;
      const [id, one] = random.pick([...running]);
      running.delete(id); // whatever else happens at once has another one
      const more = random.chance(0.5) ? one.totalBytes - one.bytes : Math.ceil((one.totalBytes - one.bytes) / 2);
      await its.append(id, one.bytes, Buffer.alloc(more, seed));
      one.bytes += more;
      if (one.bytes === one.totalBytes) await done(mediaJobOfUpload(id));
      else running.set(id, one);
    },
    async import() {
      const job = await its.import(`f${random.pick(sizes)}.wav`).catch(isQuota);
      if (job) await done(job.id);
    },
    async cancel() {
      const job = await its.import(`f${random.pick(sizes)}.wav`).catch(isQuota);
      if (!job) return;
      await its.media.cancel('main', job.id);
      await its.ended(job.id);
    },
    async giveUp() {
      if (running.size === 0) return;
      const [id] = random.pick([...running]);
      running.delete(id);
      await its.uploads.remove('main', id);
      count.removed += 1;
    },
    async remove() {
      for (const { id } of its.media.list('main', { limit: '3' }).items)
        await its.media.remove('main', id).catch(({ code }) => whole(code, code === 'MEDIA_UNKNOWN'));
    },
  };
  for (let round = 0; round < 25; round++) {
    const atOnce = Array.from({ length: random.pick([1, 2, 5]) }, () => random.pick(Object.values(acts)));
    await Promise.all(atOnce.map((act) => act()));
    if (random.chance(0.15)) await its.reopen();
    if (random.chance(0.05)) {
      await its.expire();
      running.clear();
    }
    const sum = [...running.values()].reduce((bytes, { totalBytes }) => bytes + totalBytes, 0);
    const { items } = its.media.list('main', { limit: '1000' });
    const kept = items.reduce((bytes, one) => bytes + one.bytes, 0);
    whole(`${kept} bytes are kept and ${sum} on their way`, kept + sum <= limits.mediaBytes);
    whole(
      `${items.length} are kept and ${running.size} on their way`,
      items.length + running.size <= limits.mediaFiles,
    );
    if (items.length + running.size === limits.mediaFiles) continue; // that is what a refusal would say
    const { used, reserved = 0 } = await its.counted();
    whole(`${used} count, of which ${reserved} are on their way`, used === kept + sum && reserved === sum);
  }
  return count;
}

const LIVES = process.env['CI'] ? 6 : 2;

t.test(`${LIVES} random lives: what is taken gets its place, and together it stays within the limits`, async (t) => {
  const sum = { done: 0, refused: 0, removed: 0 };
  for (let seed = 1; seed <= LIVES; seed++) {
    const count = await live(t, seed);
    for (const what of ['done', 'refused', 'removed'] as const) sum[what] += count[what];
  }
  t.comment(JSON.stringify(sum));
  for (const [what, times] of Object.entries(sum)) t.ok(times > 0, `${times} ${what}`);
});
