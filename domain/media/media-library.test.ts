import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioCloudError, type DomainEvent, type ErrorBody } from '@audiocloud/api';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { EventJournal } from '../events/event-journal.ts';
import { Random } from '../simulation/world/random.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { taskKey } from '../tasks/task-address.ts';
import { TaskIndex } from '../tasks/task-index.ts';
import { INSPECTED, soundInspector } from '../testing/sound-inspector.ts';
import { contentFolder } from './content-folder.ts';
import type { MediaSources } from './media-disk.ts';
import type { MediaInspector } from './media-inspector.ts';
import type { LibrarySettings, MediaLimits } from './media-limits.ts';
import { MediaService } from './media-service.ts';
import { mediaSources } from './media-sources.ts';
import { pathSources } from './path-sources.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

interface LibraryOptions {
  sources?: MediaSources;
  inspector?: MediaInspector;
  settings?: Partial<LibrarySettings>;
  limits?: Record<string, MediaLimits>;
  free?: () => number;
}

/** The real service on a real disk, with a clock of its own and tasks that are records alone. */
async function library(t: Test, { settings = {}, limits = {}, free, ...parts }: LibraryOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'library-'));
  await mkdir(join(folder, 'media'));
  const clock = new VirtualClock(Date.parse('2026-01-01T00:00:00Z'));
  const store = openSqliteStore(':memory:');
  const tasks = await TaskIndex.open(store);
  /** Media that went by themselves, and why. */
  const goneBy = new Map<string, string>();
  store.watch('event/', ({ value }) => {
    const { type, data } = (value ?? {}) as DomainEvent;
    if (type === 'media.deleted' && data.why) goneBy.set(data.media, data.why);
  });
  const random = new Random(7);
  const open = async () => {
    const media = await MediaService.open({
      store,
      journal: await EventJournal.open({ store, clock }),
      clock,
      logger: pino({ level: 'silent' }) as never,
      randomBytes: (count) => random.bytes(count),
      disk: {
        sources: parts.sources ?? mediaSources({ path: pathSources([join(folder, 'media')]) }),
        content: contentFolder(join(folder, 'imported')),
        ...(free ? { freeBytes: async () => free() } : {}),
      },
      inspector: parts.inspector ?? soundInspector,
      mostJobs: 2,
      tasks,
      settings: { reserveBytes: 0, ...settings },
      limitsOf: (application) => limits[application],
      isErasing: () => false,
    });
    media.resume();
    return media;
  };
  let media = await open();
  t.teardown(async () => {
    await media.close();
    tasks.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const write = (name: string, text: string) => writeFileSync(join(folder, 'media', name), text);
  /** Time does not go on by itself; what waits for the disk does. */
  const turn = async () => {
    await new Promise(setImmediate);
    clock.advance(1);
  };
  /** What was begun is done: nothing waits but for time. */
  const settled = async <R>(work: Promise<R>): Promise<R> => {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    while (!isOver) await turn();
    return work;
  };
  const settle = () => settled(media.idle());
  return {
    settled,
    settle,
    goneBy,
    async sweep() {
      await settled(media.sweep());
    },
    place(sha256: string, text: string) {
      mkdirSync(join(folder, 'imported', sha256.slice(0, 2)), { recursive: true });
      writeFileSync(join(folder, 'imported', sha256.slice(0, 2), sha256), text);
    },
    dropPeaks() {
      for (const name of readdirSync(join(folder, 'imported'), { recursive: true }).map(String))
        if (name.endsWith('.peaks')) rmSync(join(folder, 'imported', name));
    },
    get media() {
      return media;
    },
    clock,
    store,
    tasks,
    write,
    turn,
    async reopen() {
      await media.close();
      media = await open();
    },
    /** Imports a file and waits for its end. */
    async import(application: string, path: string, more: object = {}) {
      const { id } = await settled(media.create(application, { from: { path }, ...more }));
      for (;;) {
        const job = await media.job(application, id);
        if (job.endedAt !== undefined) return job;
        await turn();
      }
    },
    put: (application: string, id: string, names: string[]) =>
      store.put(taskKey({ application, id }), {
        revision: Math.round(clock.now()),
        graph: {
          sampleRate: 48_000,
          media: Object.fromEntries(names.map((media, i) => [`m${i}`, { path: `media:${media}` }])),
        },
        isPlaying: false,
        positionSeconds: 0,
      }),
    drop: (application: string, id: string) => store.delete(taskKey({ application, id })),
    files: () =>
      readdirSync(join(folder, 'imported'), { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map(({ name }) => name)
        .sort(),
    isThere: (sha256: string) => existsSync(join(folder, 'imported', sha256.slice(0, 2), sha256)),
  };
}

t.test('what an application may have is a limit, and it is said how far over', async (t) => {
  const its = await library(t, { limits: { small: { mediaBytes: 25 }, few: { mediaFiles: 2 } } });
  its.write('ten.wav', '0123456789');
  for (let i = 0; i < 2; i++) t.equal((await its.import('small', 'ten.wav')).state, 'done');
  await t.rejects(its.import('small', 'ten.wav'), {
    code: 'MEDIA_QUOTA',
    status: 413,
    details: { limit: 'mediaBytes', most: 25, used: 20, over: 5 },
    message: /has 20 of the 25 that it may have; that is 5 too many/,
  });
  for (let i = 0; i < 2; i++) t.equal((await its.import('few', 'ten.wav')).state, 'done');
  await t.rejects(its.import('few', 'ten.wav'), {
    code: 'MEDIA_QUOTA',
    details: { limit: 'mediaFiles', most: 2, used: 2, over: 1 },
  });
  t.equal((await its.import('another', 'ten.wav')).state, 'done', 'others have their own');
  await its.media.remove('small', its.media.list('small').items[0]!.id);
  t.equal((await its.import('small', 'ten.wav')).state, 'done', 'there is room again');
});

t.test('a source whose size nobody knows is stopped as soon as it passes the limit', async (t) => {
  let sent = 0;
  const pieces = async function* () {
    for (; sent < 3_000_000; sent += 100_000) yield Buffer.alloc(100_000);
  };
  const sources = mediaSources({
    path: {
      find: async () => undefined,
      open: async () => ({ totalBytes: undefined, pieces: pieces(), close: async () => undefined }),
    },
  });
  const its = await library(t, { sources, limits: { small: { mediaBytes: 1_000_000 } } });
  const job = await its.import('small', 'endless.wav');
  t.match(job, { state: 'failed', retries: 1, error: { code: 'MEDIA_QUOTA', details: { over: 100_000 } } });
  t.equal(sent, 1_000_000, 'no more was taken');
  t.same(its.files(), []);
  t.same(its.media.list('small').items, []);
});

t.test('imports leave the reserve of the disk free, and go on when there is room', async (t) => {
  let free = 1_000;
  const its = await library(t, { settings: { reserveBytes: 900 }, free: () => free });
  its.write('big.wav', 'x'.repeat(200));
  await t.rejects(its.import('main', 'big.wav'), {
    code: 'DISK_FULL',
    details: { limit: 'reserveBytes', most: 100, over: 100 },
  });
  free = 1_100;
  const begun = its.media.create('main', { from: { path: 'big.wav' } });
  its.store.watch('media-job/', () => {
    free = 850;
  });
  const { id } = await its.settled(begun);
  while ((await its.media.job('main', id)).state !== 'waiting') await its.turn();
  t.match(await its.media.job('main', id), { state: 'waiting', error: { code: 'DISK_FULL' } });
  free = 2_000;
  while ((await its.media.job('main', id)).state !== 'done') await its.turn();
  t.pass('done');
});

t.test('what nobody uses goes after its time, what a task names stays', async (t) => {
  const its = await library(t, { limits: { main: { mediaUnusedDays: 10 } } });
  its.write('a.wav', 'a');
  its.write('b.wav', 'b');
  const { media: named } = await its.import('main', 'a.wav');
  const { media: unused } = await its.import('main', 'b.wav');
  const { media: elsewhere } = await its.import('others', 'b.wav');
  await its.put('main', 'task', [named]);
  t.equal(its.media.get('main', named).expiresAt, undefined);
  t.match(its.media.get('main', unused).expiresAt, /^2026-01-11T/);
  its.clock.advance(10 * DAY_MS + HOUR_MS);
  await its.sweep();
  t.same(
    its.media.list('main').items.map(({ id }) => id),
    [named],
  );
  t.ok(its.media.get('others', elsewhere), 'of applications without that rule nothing goes');
  await its.drop('main', 'task');
  await its.settle();
  t.match(its.media.get('main', named).expiresAt, /^2026-01-21T/, 'it was used until now');
  its.clock.advance(10 * DAY_MS + HOUR_MS);
  await its.sweep();
  t.same(its.media.list('main').items, []);
});

t.test('a use is stored once an hour at most', async (t) => {
  const its = await library(t);
  its.write('a.wav', 'a');
  const { media } = await its.import('main', 'a.wav');
  let writes = 0;
  its.store.watch('media/', () => (writes += 1));
  for (let minutes = 0; minutes < 180; minutes++) {
    t.match(its.media.pathOf('main', media), /imported/);
    await its.settle();
    its.clock.advance(60_000);
  }
  t.equal(writes, 3);
});

t.test('beyond what is kept the least recently used go, also to make room', async (t) => {
  const its = await library(t, { limits: { main: { mediaKeptBytes: 30, mediaBytes: 40 } } });
  its.write('ten.wav', '0123456789');
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    ids.push((await its.import('main', 'ten.wav')).media);
    its.clock.advance(2 * HOUR_MS);
  }
  its.media.pathOf('main', ids[0]!);
  await its.settle();
  its.clock.advance(2 * HOUR_MS);
  ids.push((await its.import('main', 'ten.wav')).media);
  t.same(
    its.media
      .list('main')
      .items.map(({ id }) => id)
      .sort(),
    [ids[0], ids[2], ids[3]].sort(),
  );
  // All but one are named or new: the limit is passed rather than those taken.
  await its.put('main', 'task', [ids[0]!, ids[2]!]);
  ids.push((await its.import('main', 'ten.wav')).media);
  t.equal(its.media.list('main').items.length, 4);
  await t.rejects(its.import('main', 'ten.wav'), { code: 'MEDIA_QUOTA' });
});

t.test('media of a task go with it, also when the domain was away, and not before it was there', async (t) => {
  const its = await library(t);
  its.write('a.wav', 'a');
  const { media } = await its.import('main', 'a.wav', { forTask: 'song' });
  await its.sweep();
  t.ok(its.media.get('main', media));
  await its.put('main', 'song', [media]);
  await its.settle();
  await its.media.close();
  await its.drop('main', 'song');
  await its.reopen();
  await its.sweep();
  t.same(its.media.list('main').items, []);
  t.same(its.files(), []);
});

t.test('an import for a task that is deleted is called off', async (t) => {
  let isOpen = false;
  const gate = Promise.withResolvers<void>();
  const pieces = async function* () {
    isOpen = true;
    await gate.promise;
    yield Buffer.from('x');
  };
  const sources = mediaSources({
    path: {
      find: async () => undefined,
      open: async () => ({ totalBytes: 1, pieces: pieces(), close: async () => undefined }),
    },
  });
  const its = await library(t, { sources });
  await its.put('main', 'song', []);
  const { id } = await its.settled(its.media.create('main', { from: { path: 'a.wav' }, forTask: 'song' }));
  while (!isOpen) await its.turn();
  await its.drop('main', 'song');
  await its.settle();
  gate.resolve();
  while ((await its.media.job('main', id)).endedAt === undefined) await its.turn();
  t.equal((await its.media.job('main', id)).state, 'cancelled');
  t.same(its.files(), []);
});

t.test('media from before are looked into at the start, and what cannot be read stays with the reason', async (t) => {
  const seen: string[] = [];
  const damaged = new AudioCloudError('MEDIA_DAMAGED', 'It cannot be decoded');
  const its = await library(t, {
    inspector: {
      ...soundInspector,
      inspect: async (inspection, signal) => {
        seen.push(inspection.path.split('/').at(-1)!);
        if (readFileSync(inspection.path, 'utf8') === 'b') throw damaged;
        return soundInspector.inspect(inspection, signal);
      },
    },
  });
  its.write('a.wav', 'a');
  const { media: one } = await its.import('main', 'a.wav');
  const { media: two } = await its.import('others', 'a.wav');
  t.equal(seen.length, 1, 'a content that is known is not looked into again');
  // As a domain of before left them.
  const b = createHash('sha256').update('b').digest('hex');
  its.place(b, 'b');
  for (const [key, sha256] of [
    [`media/main/${one}`, undefined],
    [`media/others/${two}`, undefined],
    ['media/main/media-00000000000b', b],
  ] as const) {
    const record = (await its.store.get<Record<string, unknown>>(`media/main/${one}`))!.value;
    const { facts: _, ...before } = record;
    await its.store.put(key, { ...before, ...(sha256 ? { sha256 } : {}) });
  }
  its.dropPeaks();
  await its.reopen();
  while (!its.media.get('main', one).facts || !its.media.get('main', 'media-00000000000b').error) await its.turn();
  t.same(its.media.get('others', two).facts, INSPECTED, 'for all that have the content');
  t.match(its.media.get('main', 'media-00000000000b').error, { code: 'MEDIA_DAMAGED' });
  t.match(its.media.peaksOf('main', one).tag, /^[0-9a-f]{64}$/);
  t.throws(() => its.media.peaksOf('main', 'media-00000000000b'), { code: 'MEDIA_DAMAGED' });
  t.ok(its.isThere(b), 'it stays');
  const { length } = seen;
  await its.reopen();
  await its.settle();
  t.equal(seen.length, length, 'once');
  t.equal(its.files().filter((name) => name.endsWith('.peaks')).length, 1);
});

/** A library that lives through a random time; what is not as it has to be is thrown. */
async function live(
  t: Test,
  seed: number,
): Promise<{ imports: number; refused: number; gone: Record<string, number> }> {
  const random = new Random(seed);
  const limits: Record<string, MediaLimits> = {
    quota: { mediaBytes: 120, mediaFiles: 8 },
    cache: { mediaBytes: 200, mediaKeptBytes: 100, mediaUnusedDays: 20 },
    plain: {},
  };
  const its = await library(t, { limits });
  const sizes = [5, 10, 20, 40];
  for (const size of sizes) for (const kind of 'ab') its.write(`${kind}${size}.wav`, kind.repeat(size));
  const applications = Object.keys(limits);
  const tasks = new Map<string, string[]>();
  const removed = new Set<string>();
  const known = new Map<string, string>();
  const count = { imports: 0, refused: 0, gone: { unused: 0, space: 0, task: 0 } as Record<string, number> };
  const whole = (what: string, isSo: boolean) => {
    if (!isSo) throw new Error(`seed ${seed}: ${what}`);
  };
  const look = async () => {
    await its.settle();
    const owned = new Set<string>();
    for (const application of applications) {
      const items = its.media.list(application, { limit: '1000' }).items;
      for (const { sha256 } of items) {
        owned.add(sha256);
        whole(`the content of ${sha256} is lost`, its.isThere(sha256));
      }
      const { mediaBytes = Infinity, mediaFiles = Infinity } = limits[application]!;
      whole(`${application} has too many bytes`, items.reduce((sum, { bytes }) => sum + bytes, 0) <= mediaBytes);
      whole(`${application} has too many files`, items.length <= mediaFiles);
    }
    for (const name of its.files()) whole(`nobody has ${name}`, owned.has(name.replace('.peaks', '')));
    for (const [task, names] of tasks)
      for (const media of names) whole(`${media} is gone, and ${task} names it`, isHere(task.split('/')[0]!, media));
    for (const [media, application] of known)
      if (!isHere(application, media)) {
        known.delete(media);
        if (removed.has(media)) continue;
        const why = its.goneBy.get(media);
        whole(
          `${media} of ${application} is gone, and nobody wanted that`,
          why !== undefined && (application !== 'plain' || why === 'task'),
        );
        count.gone[why!]! += 1;
      }
  };
  const isHere = (application: string, id: string) =>
    its.media.list(application, { limit: '1000' }).items.some((one) => one.id === id);
  for (let i = 0; i < 60; i++) {
    const application = random.pick(applications);
    const items = its.media.list(application, { limit: '1000' }).items;
    const dice = random.between(0, 100);
    if (dice < 40) {
      const path = `${random.pick(['a', 'b'])}${random.pick(sizes)}.wav`;
      const more = random.chance(0.2) ? { forTask: `t${Math.floor(random.between(0, 3))}` } : {};
      await its.import(application, path, more).then(
        ({ state, media }) => {
          whole(`an import is ${state}`, state === 'done');
          count.imports += 1;
          known.set(media, application);
        },
        (error: ErrorBody) => {
          whole(`refused: ${error.code}`, error.code === 'MEDIA_QUOTA');
          count.refused += 1;
        },
      );
    } else if (dice < 50 && items.length > 0) {
      const { id } = random.pick(items);
      const isNamed = [...tasks].some(([task, names]) => task.startsWith(`${application}/`) && names.includes(id));
      const outcome = await its.settled(its.media.remove(application, id)).then(
        () => 'gone',
        ({ code }) => code,
      );
      whole(`${id}: ${outcome}`, outcome === (isNamed ? 'MEDIA_IN_USE' : 'gone'));
      if (!isNamed) removed.add(id);
    } else if (dice < 65 && items.length > 0) {
      const task = `t${Math.floor(random.between(0, 3))}`;
      const names = items.filter(() => random.chance(0.4)).map(({ id }) => id);
      for (const id of names) its.media.pathOf(application, id);
      await its.put(application, task, names);
      tasks.set(`${application}/${task}`, names);
    } else if (dice < 75 && tasks.size > 0) {
      const task = random.pick([...tasks.keys()]);
      tasks.delete(task);
      await its.drop(task.split('/')[0]!, task.split('/')[1]!);
    } else if (dice < 90) {
      its.clock.advance(random.between(0.1, 8) * DAY_MS);
      await its.sweep();
    } else if (dice < 95) await its.reopen();
    else if (items.length > 0)
      await its.settled(its.media.change(application, random.pick(items).id, { forTask: null, tags: ['x'] }));
    await look();
  }
  await its.sweep();
  const nowMs = its.clock.now();
  for (const { expiresAt = '' } of its.media.list('cache').items)
    whole('what is over stays', !(Date.parse(expiresAt) <= nowMs));
  return count;
}

const LIVES = process.env['CI'] ? 10 : 3;

t.test(
  `quotas and eviction hold in ${LIVES} random lives: nothing without an owner, nothing lost that has one`,
  async (t) => {
    const sum = { imports: 0, refused: 0, unused: 0, space: 0, task: 0 };
    for (let seed = 1; seed <= LIVES; seed++) {
      const { imports, refused, gone } = await live(t, seed);
      sum.imports += imports;
      sum.refused += refused;
      for (const why of ['unused', 'space', 'task'] as const) sum[why] += gone[why]!;
    }
    t.comment(JSON.stringify(sum));
    for (const [what, times] of Object.entries(sum)) t.ok(times > 0, `${times} ${what}`);
  },
);
