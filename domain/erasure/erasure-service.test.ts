import { AudioCloudError } from '@audiocloud/api';
import { pino } from 'pino';
import t from 'tap';
import { systemClock } from '../clock/clock.ts';
import { causeBy } from '../events/cause.ts';
import { systemRandomBytes } from '../random/random-bytes.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { ErasureService } from './erasure-service.ts';
import type { Estate } from './estate.ts';

const logger = pino({ level: 'silent' }) as never;
const open = (store: Store) =>
  ErasureService.open({ store, clock: systemClock, logger, randomBytes: systemRandomBytes });
const application = [{ key: 'application/gone' }];
/** Waits until an erasure is done. */
async function done(erasures: ErasureService, id: string) {
  for (;;) {
    const now = await erasures.get(id);
    if (now.state === 'done') return now;
    await new Promise(setImmediate);
  }
}

t.test('what fails is tried again, is told meanwhile, and counts once', async (t) => {
  const store = openSqliteStore(':memory:');
  const erasures = await open(store);
  let tries = 0;
  erasures.add(async (_application, { note }) => {
    await note({ kind: 'media', id: 'media-1', bytes: 10 });
    if (++tries < 2) throw new AudioCloudError('MEDIA_UNREADABLE', 'disk I/O error');
  });
  const { id } = await erasures.begin('gone', application, causeBy());
  while ((await erasures.get(id)).retries === 0) await new Promise(setImmediate);
  t.match(await erasures.get(id), { state: 'running', error: { code: 'MEDIA_UNREADABLE' } });
  t.ok(erasures.isErasing('gone'));
  t.notOk(erasures.isErasing('other'));
  const { error, ...receipt } = await done(erasures, id);
  t.equal(error, undefined);
  t.match(receipt, { items: 1, bytes: 10 });
  t.notOk(erasures.isErasing('gone'));
  await erasures.close();
  await store.close();
});

t.test('what a crash interrupts is taken up, in the order of the estates', async (t) => {
  const store = openSqliteStore(':memory:');
  const dies = await open(store);
  const never = new Promise<void>(() => undefined);
  const ofMedia: Estate = async (_application, { note }) => {
    await note({ kind: 'media', id: 'media-1', bytes: 5 });
    await never;
  };
  dies.add(ofMedia);
  const { id } = await dies.begin('gone', application, causeBy());
  while ((await dies.items(id)).items.length === 0) await new Promise(setImmediate);
  // It is killed here: nothing more is heard of it.
  const erasures = await open(store);
  t.ok(erasures.isErasing('gone'));
  const called: string[] = [];
  erasures.add(async (name, { items }) => {
    called.push(`media of ${name}`);
    for await (const item of items()) called.push(item.id);
  });
  erasures.add(async () => void called.push('uploads'));
  erasures.resume();
  t.match(await done(erasures, id), { items: 1, bytes: 5 });
  t.same(called, ['uploads', 'media of gone', 'media-1'], 'who feeds others goes first');
  await erasures.close();
  await store.close();
});

t.test('receipts come in pages', async (t) => {
  const store = openSqliteStore(':memory:');
  const erasures = await open(store);
  for (let i = 0; i < 3; i++) await done(erasures, (await erasures.begin(`gone-${i}`, application, causeBy())).id);
  const first = await erasures.list({ limit: '2' });
  const rest = await erasures.list({ limit: '2', after: first.next! });
  t.same([first.items.length, rest.items.length, rest.next], [2, 1, undefined]);
  t.equal(new Set([...first.items, ...rest.items].map((one) => one.application)).size, 3);
  await erasures.close();
  await store.close();
});
