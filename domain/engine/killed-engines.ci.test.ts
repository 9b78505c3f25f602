import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DomainEvent, EngineStatus, EventPage } from '@audiocloud/api';
import t from 'tap';
import { seededRandom } from '../../engine/plugin/seeded-random.ts';
import { RetryingClient } from '../testing/retrying-client.ts';
import { startTestDomain } from '../testing/test-domain.ts';

/*
 * Two engines are killed at random moments, while clients create, edit, set, play and delete, and two tasks play on. An engine
 * that stays away for a second loses its tasks to the other one; one that is back before has them again.
 */
const isLong = process.env['AUDIOCLOUD_LONG'] === '1';
const KILLS = isLong ? 200 : 8;
const CLIENTS = 3;
/** Between the moment the clients go on and the kill. */
const MOST_MS = 400;
/** An engine that was up so long is started again at once; the others are waited for longer each time. */
const STEADY_MS = 10_500;
/** Of a playhead: what lies between two meters, and the way of an answer. */
const SLACK_SECONDS = 0.25;

t.setTimeout(isLong ? 90 * 60 * 1000 : 5 * 60 * 1000);
const seed = Number(process.env['AUDIOCLOUD_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const engineEnvironment = { AUDIOCLOUD_RENDER_THREADS: '1' };
const second = { id: 'second', device: 'paced', renderThreads: 1 };

async function until<R>(what: string, find: () => Promise<R | undefined | false>): Promise<R> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

t.test(`${KILLS} kills of engines: tasks go on from their playheads, nothing acknowledged is lost`, async (t) => {
  t.comment(`AUDIOCLOUD_SEED=${seed}`);
  const random = seededRandom(seed);
  const domain = await startTestDomain(t, {
    engineLossSeconds: 1,
    requestsPerMinute: 1_000_000,
    engineEnvironment,
    engines: [second],
  });
  const engines = async (): Promise<EngineStatus[]> => (await domain.call('GET', '/v1/engines')).body.engines;
  /** Where a task that plays is, in seconds. */
  const playheadOf = (id: string) =>
    until(`${id} to play`, async () => {
      const { state, engine } = (await domain.call('GET', `/v1/tasks/${id}`)).body;
      if (state.state !== 'playing') return undefined;
      const { positionFrames, sampleRate } = state.transport;
      return { seconds: positionFrames / sampleRate, atMs: Date.now(), engine: engine as string };
    });
  for (const [id, positionSeconds] of Object.entries({ one: 1000, two: 2000 })) {
    await domain.create(id);
    await domain.call('PATCH', `/v1/tasks/${id}/transport`, { play: true, positionSeconds });
  }
  const witnesses = ['one', 'two'];

  let open = Promise.withResolvers<string>(); // the clients wait for it, so that they have work when an engine is killed
  let isOver = false;
  const clients = Array.from(
    { length: CLIENTS },
    (_, i) => new RetryingClient(`client${i}`, seededRandom(seed + 1 + i), () => open.promise),
  );
  const running = Promise.all(clients.map((client) => client.run(() => isOver)));
  running.catch(() => undefined); // thrown below
  let moved = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const there = await until('an engine that is up', async () => {
      const up = (await engines()).filter(({ state }) => state === 'up');
      return up.length > 0 && up;
    });
    const victim = there[Math.floor(random() * there.length)]!;
    const upForMs = Date.now() - Date.parse(victim.since!);
    if (random() >= 0.4) await sleep(Math.max(0, STEADY_MS - upForMs));
    open.resolve(domain.url);
    await sleep(random() * MOST_MS);
    const before = new Map<string, Awaited<ReturnType<typeof playheadOf>>>();
    for (const id of witnesses) before.set(id, await playheadOf(id));
    try {
      process.kill(victim.pid!, 'SIGKILL');
    } catch {
      continue; // it had ended by itself, as one that lost its turn to start does
    }
    for (const id of witnesses) {
      const was = before.get(id)!;
      if (was.engine === victim.id)
        await until('the loss to be noticed', async () => {
          const status = (await engines()).find(({ id }) => id === victim.id)!;
          return status.pid !== victim.pid || status.state !== 'up';
        });
      const now = await playheadOf(id);
      if (now.engine !== was.engine) moved++;
      const since = now.seconds - was.seconds;
      t.ok(
        since > -SLACK_SECONDS && since < (now.atMs - was.atMs) / 1000 + SLACK_SECONDS,
        `kill ${kill}: ${id} went on ${since.toFixed(3)} s later, after ${(now.atMs - was.atMs) / 1000} s`,
      );
    }
    // Nothing new is asked, and what is under way comes to an end.
    open = Promise.withResolvers();
    for (const [i, client] of clients.entries()) {
      let fault: string | undefined;
      const isRight = await until(`client ${i}`, async () => {
        fault = await client.fault(domain.url);
        return fault === undefined;
      }).catch(() => false);
      t.ok(isRight, `kill ${kill}: ${fault ?? 'all is there'}`);
    }
  }
  open.resolve(domain.url);
  isOver = true;
  await running;

  const acknowledged = clients.flatMap((client) => client.acknowledged);
  const events: DomainEvent[] = [];
  for (let after = 0; ; ) {
    const page = (await domain.call('GET', `/v1/events?after=${after}&limit=1000`)).body as EventPage;
    events.push(...page.events);
    if (page.next === page.newest) break;
    after = page.next;
  }
  const told = Map.groupBy(events, ({ by }) => by?.idempotencyKey);
  for (const { key, kind } of acknowledged)
    if (kind !== 'set') t.equal(told.get(key)?.length, 1, `${kind} ${key} is told once`);
  const retries = clients.reduce((sum, client) => sum + client.retries, 0);
  t.comment(`${acknowledged.length} changes, ${retries} sent again, ${moved} times another engine took over`);
  t.ok(acknowledged.length > KILLS);
});

t.test('a domain that comes back finds all its engines, with the tasks where they were', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'domain-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const before = await startTestDomain(t, { dataDir, engineAtClose: 'leave', engineEnvironment });
  await before.call('POST', '/v1/engines', second);
  const statusOf = async (domain: typeof before) => (await domain.call('GET', '/v1/engines/second')).body;
  const { pid } = await until('the second engine', async () => {
    const status = await statusOf(before);
    return status.state === 'up' && status;
  });
  await before.call('PATCH', '/v1/engines/second', { resources: { gpu: 2 } });
  await before.create('a');
  t.equal((await before.call('POST', '/v1/tasks/a/move', {})).body.engine, 'second');
  await before.call('PATCH', '/v1/tasks/a/transport', { play: true });
  const { streamFrame } = (await before.call('GET', '/v1/tasks/a')).body.state.transport;
  await before.close();

  const after = await startTestDomain(t, { dataDir, engineEnvironment });
  t.match(await statusOf(after), { pid, state: 'up', source: 'request', resources: { declared: { gpu: 2 } } });
  const live = await after.live('a');
  const { meters, transport } = await live.next('meters');
  t.ok(meters.streamFrame > streamFrame, 'the same play');
  t.equal(transport.playId, 1);
  t.equal((await after.call('GET', '/v1/tasks/a')).body.engine, 'second');
});
