import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DomainEvent, EventPage, Meters, Task } from '@audiocloud/api';
import t from 'tap';
import { seededRandom } from '../engine/plugin/seeded-random.ts';
import { KillableDomain } from './testing/killable-domain.ts';
import { LiveClient } from './testing/live-client.ts';
import { RetryingClient } from './testing/retrying-client.ts';
import { toneTask } from './testing/test-domain.ts';

/*
 * A domain with real HTTP, its store and an engine is killed at random moments, while clients create, edit, set, play and delete
 * with idempotency keys and send again what was not answered, and a receiver of a webhook listens.
 */
const isLong = process.env['AUDIOCLOUD_LONG'] === '1';
const KILLS = isLong ? 200 : 20;
const CLIENTS = 4;
/** Between the moment the clients go on and the kill. */
const MOST_MS = 400;

t.setTimeout(isLong ? 60 * 60 * 1000 : 5 * 60 * 1000);
const seed = Number(process.env['AUDIOCLOUD_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

function domainIn(dataDir: string): KillableDomain {
  return new KillableDomain({
    dataDir,
    access: 'open',
    mediaDirs: [],
    pluginDirs: [fileURLToPath(new URL('../plugins', import.meta.url))],
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
    allowsPrivateWebhooks: true,
    requestsPerMinute: 1_000_000,
  });
}

async function allEvents(url: string): Promise<DomainEvent[]> {
  const events: DomainEvent[] = [];
  for (let after = 0; ; ) {
    const page = (await (await fetch(`${url}/v1/events?after=${after}&limit=1000`)).json()) as EventPage;
    events.push(...page.events);
    if (page.next === page.newest) return events;
    after = page.next;
  }
}

t.test(`${KILLS} kills lose nothing acknowledged and apply nothing twice`, async (t) => {
  t.comment(`AUDIOCLOUD_SEED=${seed}`);
  const random = seededRandom(seed);
  const dataDir = mkdtempSync(join(tmpdir(), 'killed-'));
  const received: number[] = [];
  const receiver = createServer((request, response) => {
    received.push(Number(String(request.headers['webhook-id']).split('.')[1]));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const domain = domainIn(dataDir);
  t.teardown(async () => {
    await domain.close();
    receiver.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  let open = Promise.withResolvers<string>();
  let isOver = false;
  const clients = Array.from(
    { length: CLIENTS },
    (_, i) => new RetryingClient(`client${i}`, seededRandom(seed + 1 + i), () => open.promise),
  );
  await domain.start();
  const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  await fetch(`${domain.url}/v1/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: address, after: 0 }),
  });
  open.resolve(domain.url);
  const running = Promise.all(clients.map((client) => client.run(() => isOver)));
  running.catch(() => undefined); // thrown below
  for (let kill = 1; kill <= KILLS; kill++) {
    await sleep(random() * MOST_MS);
    open = Promise.withResolvers();
    await domain.kill();
    await domain.start();
    for (const client of clients) t.equal(await client.fault(domain.url), undefined, `kill ${kill}`);
    open.resolve(domain.url);
  }
  isOver = true;
  await running;

  const acknowledged = clients.flatMap((client) => client.acknowledged);
  const events = await allEvents(domain.url);
  t.same(
    events.map(({ number }) => number),
    events.map((_, i) => i + 1),
    'events are numbered without gaps',
  );
  t.equal(events.filter(({ type }) => type === 'domain.started').length, KILLS + 1);
  const told = Map.groupBy(events, ({ by }) => by?.idempotencyKey);
  for (const { key, kind } of acknowledged)
    if (kind !== 'set') t.equal(told.get(key)?.length, 1, `${kind} ${key} is told once`);
  const keys = new Set(acknowledged.map(({ key }) => key));
  t.same(
    [...told.keys()].filter((key) => key !== undefined && !keys.has(key)),
    [],
    'nothing else is told',
  );
  const revisions = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'task.created' && event.type !== 'task.edited') continue;
    t.equal(event.data.revision, (revisions.get(event.task) ?? 0) + 1, `${event.task} ${event.type}`);
    revisions.set(event.task, event.data.revision);
  }
  const newest = events.length;
  while (!received.includes(newest)) await sleep(20);
  const firsts = received.filter((number, i) => received.indexOf(number) === i && number <= newest);
  t.same(
    firsts,
    events.map(({ number }) => number),
    'the receiver got all events in order',
  );
  const retries = clients.reduce((sum, client) => sum + client.retries, 0);
  t.comment(
    `${acknowledged.length} changes, ${retries} sent again, ${received.length - firsts.length} deliveries twice, ${newest} events`,
  );
  t.ok(retries > 0 && acknowledged.length > KILLS);
});

t.test('what is heard after a kill is what is stored, also where the engine had another value', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'killed-'));
  const domain = domainIn(dataDir);
  t.teardown(async () => {
    await domain.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  await domain.start();
  const change = (method: string, path: string, body: unknown) =>
    fetch(domain.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await change('POST', '/v1/tasks', { id: 'heard', task: toneTask });
  await change('PATCH', '/v1/tasks/heard/transport', { play: true });
  // Answered when it is applied, stored a little later.
  const changes = [{ instance: 'gain', parameter: 'gain', value: -40 }];
  t.equal((await change('PATCH', '/v1/tasks/heard/parameters', { changes })).status, 200);
  await domain.kill();
  await domain.start();
  const { task } = (await (await fetch(`${domain.url}/v1/tasks/heard`)).json()) as { task: Task };
  const gainDb = task.instances!['gain']!.parameters!['gain'] as number;
  t.comment(`stored: ${gainDb} dB, the engine had -40 dB`);
  const live = await LiveClient.open(`${domain.url.replace('http', 'ws')}/v1/tasks/heard/live`);
  t.teardown(() => live.close());
  // The tone has a level of -18 dB.
  const peakDb = ({ meters }: { meters: Meters }) => 20 * Math.log10(meters.meters['out']?.peak[0] ?? 0);
  const heard = await live.next('meters', (message) => Math.abs(peakDb(message) - (gainDb - 18)) < 0.1);
  t.ok(heard.transport.playing);
});
