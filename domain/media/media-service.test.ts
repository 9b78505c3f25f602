import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../clock/clock.ts';
import { EventJournal } from '../events/event-journal.ts';
import { systemRandomBytes } from '../random/random-bytes.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { contentFolder } from './content-folder.ts';
import type { MediaSources } from './media-disk.ts';
import { DEFAULT_LIBRARY } from './media-limits.ts';
import { MediaService } from './media-service.ts';
import { mediaSources } from './media-sources.ts';
import { pathSources } from './path-sources.ts';

t.test('an import that is called off while its copy ends is cancelled, as was answered', async (t) => {
  const folder = t.testdir();
  mkdirSync(join(folder, 'media'));
  writeFileSync(join(folder, 'media', 'a.wav'), 'RIFF');
  const database = openSqliteStore(':memory:');
  let disk: Promise<void> | undefined;
  const store: Store = {
    ...database,
    write: async (writes) => {
      await disk;
      return database.write(writes);
    },
  };
  const files = mediaSources({ path: pathSources([join(folder, 'media')]) });
  const copied = Promise.withResolvers<void>();
  const open: MediaSources['open'] = async (from, manner) => {
    const source = await files.open(from, manner);
    return { ...source, close: () => source.close().finally(copied.resolve) };
  };
  const media = await MediaService.open({
    store,
    journal: await EventJournal.open({ store, clock: systemClock }),
    clock: systemClock,
    logger: pino({ level: 'silent' }) as never,
    randomBytes: systemRandomBytes,
    disk: { sources: { ...files, open }, content: contentFolder(join(folder, 'imported')) },
    inspector: { inspect: async () => undefined, listen: () => () => undefined },
    mostJobs: 1,
    tasks: { namerOf: () => undefined, has: () => false, listen: () => () => undefined },
    settings: DEFAULT_LIBRARY,
    limitsOf: () => undefined,
    isErasing: () => false,
  });
  const { id } = await media.create('main', { from: { path: 'a.wav' } });
  const { promise, resolve } = Promise.withResolvers<void>();
  disk = promise;
  const cancelled = media.cancel('main', id);
  await copied.promise;
  await new Promise(setImmediate);
  resolve();
  t.equal((await cancelled).desired, 'cancelled');
  while ((await media.job('main', id)).endedAt === undefined) await new Promise(setImmediate);
  await media.close();
  t.equal((await media.job('main', id)).state, 'cancelled');
  t.same(media.list('main').items, []);
  await store.close();
});
