import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AudioCloudError, type DomainEvent, type Export, type ExportCreate, type WrittenSound } from '@audiocloud/api';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import type { Gone } from '../erasure/estate.ts';
import { EventJournal } from '../events/event-journal.ts';
import { systemRandomBytes } from '../random/random-bytes.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { exportFolder } from './export-folder.ts';
import { DEFAULT_EXPORT_LIMITS, type ExportLimits } from './export-limits.ts';
import type { ExportMaker, ExportTry } from './export-maker.ts';
import { ExportService } from './export-service.ts';
import { fileName } from './file-name.ts';
import { growingPieces } from './growing-pieces.ts';
import { putFile } from './put-file.ts';

const NOON = Date.parse('2026-11-30T12:00:00Z');
const HOUR = 3_600_000;
const graph = { sampleRate: 48_000, sinks: { out: { kind: 'stream' as const, channels: 2 } } };

/** What makes files of so many bytes at once. */
const content = (attempt: ExportTry, i: number) => Buffer.from(`${attempt.owned.id} ${i} `.repeat(1000));
const quick: ExportMaker = {
  async make(attempt) {
    const { folder, record } = attempt;
    const files = record.outputs.map(({ format }, i): WrittenSound => {
      const bytes = content(attempt, i);
      writeFileSync(join(folder, fileName(i, format)), bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return {
        format,
        sampleRate: 48_000,
        channels: 2,
        frames: 10,
        bytes: bytes.length,
        sha256,
        clippedSamples: 0,
        peak: 0,
      };
    });
    const { revision, startedBy } = record.taken!;
    const report = {
      engine: 'embedded',
      revision,
      startedAt: '2026-11-30T12:00:00.000Z',
      endedAt: '2026-11-30T12:00:00.000Z',
      seconds: 1,
      missedBlocks: 0,
      lostFrames: 0,
      isFaultless: true,
      failed: [],
      ...(startedBy === undefined ? {} : { startedBy }),
    };
    return { files, report };
  },
};

/** A domain's exports with a clock that stands; `restart` is a process that was killed, and the next one. */
async function world(
  t: Test,
  { maker = quick, limits = {} }: { maker?: ExportMaker; limits?: Partial<ExportLimits> } = {},
) {
  const store = openSqliteStore(':memory:');
  const clock = new VirtualClock(NOON);
  const folder = t.testdir();
  const journal = await EventJournal.open({ store, clock });
  let revision = 1;
  const open = () =>
    ExportService.open({
      store,
      journal,
      clock,
      logger: pino({ level: 'silent' }) as never,
      randomBytes: systemRandomBytes,
      disk: exportFolder(folder),
      maker,
      limits: { ...DEFAULT_EXPORT_LIMITS, reserveBytes: 0, ...limits },
      take: async (_, { task }) => {
        if (task === 'none') throw new AudioCloudError('TASK_UNKNOWN', 'Cannot find task none');
        return { graph, revision };
      },
      putFile,
      allowsPrivateUploads: true,
    });
  let service = await open();
  service.resume();
  t.teardown(async () => {
    await service.close();
    await store.close();
  });
  const ask = (more: Partial<ExportCreate> = {}) =>
    service.create('main', { task: 'song', outputs: [{ format: 'wav' }], ...more });
  const until = async (id: string, isSo: (one: Export) => boolean): Promise<Export> => {
    for (;;) {
      const now = await service.get('main', id);
      if (isSo(now)) return now;
      await new Promise(setImmediate);
      clock.advance(10);
    }
  };
  return {
    get service() {
      return service;
    },
    clock,
    folder,
    store,
    journal,
    ask,
    until,
    ended: (id: string) => until(id, ({ endedAt }) => endedAt !== undefined),
    settle: async () => {
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    },
    edited: () => ++revision,
    tell: (media: string) =>
      journal.tell({
        type: 'media.imported',
        application: 'main',
        data: { media, job: 'media-job-000000000000', bytes: 1, sha256: '0'.repeat(64) },
      }),
    events: async (): Promise<DomainEvent[]> => (await journal.read(0, 1000)).events,
    restart: async () => {
      await service.close();
      service = await open();
      service.resume();
    },
  };
}

t.test('at a time: nothing before it, the task as it is then, with nobody there', async (t) => {
  const { ask, clock, settle, ended, edited, restart, service } = await world(t);
  const { id, state } = await ask({ start: { at: '2026-12-31T12:00:00Z' } });
  t.equal(state, 'scheduled');
  clock.advance(31 * 24 * HOUR - 1);
  await settle();
  t.equal((await service.get('main', id)).state, 'scheduled', 'a millisecond before');
  await restart();
  edited();
  clock.advance(1);
  const done = await ended(id);
  t.match(done, { state: 'done', report: { revision: 2 } });
});

t.test('a clock that is put forward has what is due begin within a minute', async (t) => {
  const { ask, clock, ended } = await world(t);
  const { id } = await ask({ start: { at: '2026-12-31T12:00:00Z' } });
  clock.jump(32 * 24 * HOUR);
  clock.advance(60_000);
  t.equal((await ended(id)).state, 'done');
  t.ok(clock.elapsedMs < 120_000);
});

t.test('on an event: the first that fits, once, also when the domain was away', async (t) => {
  const { ask, tell, settle, restart, ended, events, ...rest } = await world(t);
  const start = { on: { types: ['media.imported' as const], data: { media: 'media-000000000002' } } };
  await tell('media-000000000002');
  const { id } = await ask({ start });
  await settle();
  t.equal((await rest.service.get('main', id)).state, 'scheduled', 'what came before the request does not count');
  await tell('media-000000000001');
  await settle();
  t.equal((await rest.service.get('main', id)).state, 'scheduled', 'another one does not either');
  await rest.service.close();
  await tell('media-000000000002');
  await tell('media-000000000002');
  await restart();
  const { report } = await ended(id);
  const found = (await events()).find(({ number }) => number === report!.startedBy);
  t.match(found, { type: 'media.imported', data: { media: 'media-000000000002' } });
  await tell('media-000000000002');
  await restart();
  await settle();
  const types = (await events()).flatMap((event) =>
    'export' in event.data && event.data.export === id ? event.type : [],
  );
  t.same(types, ['export.requested', 'export.started', 'export.done']);
});

t.test('an event of another application, of another task, begins nothing', async (t) => {
  const { ask, journal, settle, ended, service } = await world(t);
  const { id } = await ask({ start: { on: { types: ['task.edited'], task: 'song' } } });
  const edited = { type: 'task.edited' as const, data: { revision: 2, edits: 1 } };
  await journal.tell({ ...edited, application: 'other', task: 'song' });
  await journal.tell({ ...edited, application: 'main', task: 'song-2' });
  await settle();
  t.equal((await service.get('main', id)).state, 'scheduled');
  await journal.tell({ ...edited, application: 'main', task: 'song' });
  await settle();
  t.not((await service.get('main', id)).state, 'scheduled');
  await ended(id);
});

t.test('files go when their time is over; what was is still told', async (t) => {
  const { ask, ended, clock, service, folder, events } = await world(t);
  const { id } = await ask({ keepForSeconds: 3600 });
  const { expiresAt, endedAt } = await ended(id);
  t.equal(Date.parse(expiresAt!) - Date.parse(endedAt!), HOUR);
  clock.advance(HOUR - 1000);
  await service.forget();
  await service.file('main', id, 'main');
  clock.advance(1000);
  await service.forget();
  await t.rejects(service.file('main', id, 'main'), { code: 'EXPORT_EXPIRED' });
  t.notOk(existsSync(join(folder, 'main', id)));
  t.match(await service.get('main', id), { state: 'done', isExpired: true, bytes: 0, report: { seconds: 1 } });
  t.match((await events()).at(-1), { type: 'export.deleted', data: { export: id, expired: true } });
  t.equal(service.bytesOf('main'), 0);
  clock.advance(31 * 24 * HOUR);
  await service.forget();
  await t.rejects(service.get('main', id), { code: 'EXPORT_UNKNOWN' });
});

t.test('limits say which one, and how far over', async (t) => {
  const { ask, ended, service } = await world(t, { limits: { mostOpen: 2, mostBytes: 50_000 } });
  const later = { start: { at: '2027-01-01T00:00:00Z' } };
  const waiting = [await ask(later), await ask(later)];
  await t.rejects(ask(), { code: 'EXPORT_LIMIT', message: /2 exports of the application have not ended, 2 may be/ });
  for (const { id } of waiting) {
    await service.remove('main', id);
    await ended(id);
  }
  const { id } = await ask();
  t.equal((await ended(id)).bytes, 22_000);
  const tooMuch = await ended((await ask({ outputs: [{ format: 'wav' }, { format: 'flac' }] })).id);
  t.match(tooMuch, {
    state: 'failed',
    bytes: 0,
    error: { code: 'EXPORT_LIMIT', message: /66000 bytes, 50000 may be, 16000 too much/ },
  });
  t.equal(service.bytesOf('main'), 22_000);
});

t.test('a disk that is too full has it wait, and fail with what is missing', async (t) => {
  const { ask, until } = await world(t, { limits: { reserveBytes: 2 ** 60 } });
  const { id } = await ask();
  t.match(await until(id, ({ error }) => error !== undefined), {
    state: 'waiting',
    error: { code: 'DISK_FULL', message: /are missing/ },
  });
});

t.test('an application that goes leaves nothing', async (t) => {
  const { ask, ended, service, folder, store } = await world(t);
  const made = await ask();
  await ended(made.id);
  await ask({ start: { at: '2027-01-01T00:00:00Z' } });
  const other = await service.create('other', { task: 'song', outputs: [{ format: 'wav' }] });
  while ((await service.get('other', other.id)).endedAt === undefined) await new Promise(setImmediate);
  const items: Gone[] = [];
  await service.estate('main', {
    gone: () => {
      throw new Error('files go before their record');
    },
    note: async (...gone) => void items.push(...gone),
    items: async function* () {},
  });
  t.equal(items.filter(({ id }) => !id.includes('/')).length, 2, 'each export');
  t.equal(
    items.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    22_000,
    'each file, with its size',
  );
  t.ok(items.every(({ bytes, sha256 }) => (bytes === undefined) === (sha256 === undefined)));
  t.same([service.bytesOf('main'), service.bytesOf('other') > 0], [0, true]);
  t.same(readdirSync(join(folder, 'main')), []);
  t.same(await store.list('export/main/'), []);
  t.same(await store.list('export-graph/main/'), []);
});

/** A storage service of which the first answers are as given, then 200. */
async function receiver(t: Test, ...statuses: number[]) {
  const puts: { request: IncomingMessage; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      puts.push({ request, body: Buffer.concat(pieces) });
      response.statusCode = statuses.shift() ?? 200;
      response.end('<Error>slow down</Error>');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { puts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/a.wav?X-Signature=secret` };
}

t.test(
  'a file is put where it was to be, by one PUT with its length; a receiver that fails is tried again',
  async (t) => {
    const { ask, ended, until, events, service, store } = await world(t);
    const { url, puts } = await receiver(t, 503, 500);
    const upload = { url, headers: { 'x-amz-acl': 'private' } };
    const { id } = await ask({ outputs: [{ format: 'wav', upload }, { format: 'flac' }] });
    const failing = await until(id, ({ outputs }) => outputs[0]!.upload!.error !== undefined);
    t.match(failing, {
      state: 'uploading',
      outputs: [
        { upload: { error: { code: 'EXPORT_UPLOAD', details: { status: 503, answer: '<Error>slow down</Error>' } } } },
      ],
    });
    t.ok((await service.file('main', id, 'main')).path, 'it may be had here meanwhile');
    const done = await ended(id);
    t.match(done, { state: 'done', outputs: [{ upload: { state: 'done', bytes: done.outputs[0]!.file!.bytes } }, {}] });
    t.equal(puts.length, 3);
    const { request, body } = puts[2]!;
    t.match(request.headers, {
      'content-length': String(body.length),
      'content-type': 'audio/wav',
      'x-amz-acl': 'private',
      'transfer-encoding': undefined,
    });
    t.equal(request.url, '/bucket/a.wav?X-Signature=secret');
    t.equal(createHash('sha256').update(body).digest('hex'), done.outputs[0]!.file!.sha256);
    t.match(
      (await events()).filter(({ type }) => type === 'export.uploaded'),
      [{ data: { export: id, output: 'main', bytes: body.length } }],
    );
    for (const text of [JSON.stringify(done), JSON.stringify(failing), JSON.stringify(await store.list(''))])
      t.notMatch(text, 'secret', 'what is secret is told nobody, and not kept');
  },
);

t.test('an upload that is refused for good leaves the file here, and says why', async (t) => {
  const { ask, ended } = await world(t);
  const { url, puts } = await receiver(t, ...Array(20).fill(403));
  const { id } = await ask({ outputs: [{ format: 'wav', upload: { url } }] });
  const done = await ended(id);
  t.match(done, {
    state: 'done',
    outputs: [{ file: {}, upload: { state: 'failed', tries: 10, error: { message: /answered 403/ } } }],
  });
  t.equal(puts.length, 10);
});

t.test('an export that was killed in the middle begins again; what it had not finished is gone', async (t) => {
  let tries = 0;
  const stuck: ExportMaker = {
    async make(attempt) {
      tries += 1;
      if (tries > 1) return quick.make(attempt);
      writeFileSync(join(attempt.folder, '0.wav'), 'half a f');
      attempt.progress(5, 10);
      return new Promise((_, reject) => attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason)));
    },
  };
  const { ask, until, ended, restart, folder, service } = await world(t, { maker: stuck });
  const { id } = await ask();
  await until(id, ({ frames }) => frames === 5);
  await t.rejects(service.file('main', id, 'main'), { code: 'EXPORT_NOT_READY' });
  await restart();
  t.match(await ended(id), { state: 'done', bytes: 22_000 });
  t.same(readdirSync(join(folder, '.coming')), []);
});

/** Makes a file in two steps; the first tries fail in between. */
function inSteps(failures: number) {
  const steps: PromiseWithResolvers<void>[] = [];
  const stepOf = (step: number) => (steps[step] ??= Promise.withResolvers<void>());
  let tries = 0;
  const maker: ExportMaker = {
    async make(attempt) {
      const now = tries++;
      const part = join(attempt.folder, '0.wav.part');
      const whole = content(attempt, 0);
      writeFileSync(part, whole.subarray(0, 1000));
      attempt.progress(5, 10, { paths: [part], bytes: [1000] });
      const step = stepOf(now);
      attempt.signal.addEventListener('abort', () => step.reject(attempt.signal.reason));
      await step.promise;
      rmSync(part);
      if (now < failures) throw new AudioCloudError('EXPORT_INTERRUPTED', 'Cannot print: somebody stopped it');
      return quick.make(attempt);
    },
  };
  return { maker, go: (step: number) => stepOf(step).resolve() };
}

t.test('who follows a try that fails gets no end of it, also when the next one is whole meanwhile', async (t) => {
  const { maker, go } = inSteps(1);
  const { ask, until, ended, service } = await world(t, { maker });
  const { id } = await ask();
  await until(id, ({ frames }) => frames === 5);
  const [waiting, slow] = [await service.growing('main', id, 'main'), await service.growing('main', id, 'main')];
  const [waits, reads] = [growingPieces(waiting!), growingPieces(slow!)];
  t.equal((await waits.next()).value!.length, 1000);
  t.equal((await reads.next()).value!.length, 1000);
  const cut = t.rejects(waits.next(), { code: 'EXPORT_INTERRUPTED' }, 'at once');
  go(0);
  await cut;
  await until(id, ({ frames, error, state }) => error !== null && state === 'running' && frames === 5);
  t.equal(slow!.state, 'gone', 'the file of the next try is another one');
  go(1);
  t.equal((await ended(id)).state, 'done');
  await t.rejects(reads.next(), { code: 'EXPORT_INTERRUPTED' });
});

t.test('who follows an export that is called off, or whose domain ends, does not wait for more', async (t) => {
  const { maker } = inSteps(0);
  const { ask, until, service } = await world(t, { maker });
  const follow = async () => {
    const { id } = await ask();
    await until(id, ({ frames }) => frames === 5);
    const pieces = growingPieces((await service.growing('main', id, 'main'))!);
    await pieces.next();
    return { id, cut: t.rejects(pieces.next(), { code: 'EXPORT_INTERRUPTED' }) };
  };
  const first = await follow();
  await service.remove('main', first.id);
  await first.cut;
  const second = await follow();
  await service.close();
  await second.cut;
});

t.test('a file that got its name in the moment in which it was asked for is to be asked for again', async (t) => {
  const { maker, go } = inSteps(0);
  const { ask, until, ended, service } = await world(t, { maker });
  const { id } = await ask();
  await until(id, ({ frames }) => frames === 5);
  const growing = await service.growing('main', id, 'main');
  go(0);
  await ended(id);
  await t.rejects(growingPieces(growing!).next(), { code: 'EXPORT_NOT_READY' });
  t.ok((await service.file('main', id, 'main')).path);
});
