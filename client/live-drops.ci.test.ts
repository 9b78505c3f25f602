import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import t from 'tap';
import { startTestDomain, toneTask } from '../domain/testing/test-domain.ts';
import { CuttingProxy } from '../test/testing/cutting-proxy.ts';
import { randoms } from '../test/testing/randoms.ts';
import { until } from '../test/until.ts';
import { AudioCloudClient } from './audio-cloud-client.ts';
import type { LiveTask } from './live-task.ts';

const DROPS = process.env['AUDIOCLOUD_LONG'] ? 2_000 : 200;
const SEED = 7;
const CLIENTS = 5;

const task: Task = {
  ...toneTask,
  instances: { ...toneTask.instances, eq: { model: 'audiocloud:equalizer' } },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'eq' } },
    b: { from: { node: 'eq' }, to: { node: 'gain' } },
    c: { from: { node: 'gain' }, to: { node: 'out' } },
  },
};

t.test(`${DROPS} drops at random bytes while several change a task`, { timeout: 60_000 + DROPS * 1_500 }, async (t) => {
  const domain = await startTestDomain(t, { requestsPerMinute: 1_000_000 });
  await domain.create('drops', task);
  const proxy = await CuttingProxy.open(Number(new URL(domain.url).port));
  t.teardown(() => proxy.close());
  const random = randoms(SEED);
  const whole = (below: number) => Math.floor(random() * below);
  let isOver = false;
  const steady = new AudioCloudClient(domain.url).live('drops', { name: 'steady' });
  t.teardown(() => steady.close());
  await steady.ready;
  // Within the answer to the upgrade, the snapshot, events, answers; now and then a request over HTTP.
  proxy.bytesFor = (line) => {
    const isLive = line.includes('/live ');
    if (isOver || (!isLive && random() > 0.02)) return Number.POSITIVE_INFINITY;
    if (!isLive) return whole(500);
    const missed = Math.max(0, ...clients.map((live) => steady.sequence - live.sequence));
    const resumed = 1_500 + JSON.stringify(steady.task).length + 250 * missed;
    return random() < 0.3 ? whole(resumed) : resumed + whole(4_000);
  };

  const counts = { drops: 0, snapshots: 0 };
  const numbers: number[][] = [];
  const unsettled = { reads: 0 };

  const clients: LiveTask[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const seen: number[] = [];
    numbers.push(seen);
    const live = new AudioCloudClient(proxy.url).live('drops', {
      name: `client ${i}`,
      onConnection: (connection) => connection === 'lost' && counts.drops++,
      onSnapshot: ({ sequence }) => {
        counts.snapshots++;
        seen.push(sequence);
      },
      onEvent: ({ sequence }) => seen.push(sequence),
    });
    t.teardown(() => live.close());
    await live.ready;
    clients.push(live);
  }

  const puts = new Map<string, 'done' | 'refused' | 'unknown'>();
  const last: number[] = [];
  const answers: Promise<unknown>[] = [];
  let count = 0;
  const act = (live: LiveTask, i: number) => {
    const chance = random();
    const number = ++count;
    if (chance < 0.5) {
      // Each has a band of its own, so that its last value must be what is there in the end.
      last[i] = number % 12;
      answers.push(live.set({ instance: 'eq', parameter: 'gain', index: i, value: number % 12 }));
    } else if (chance < 0.7) answers.push(live.set({ instance: 'gain', parameter: 'gain', value: -whole(60) }));
    else if (chance < 0.78) {
      const name = `b${number}`;
      answers.push(
        live.edit([{ op: 'put', part: 'buses', name, value: { inputChannels: 2 } }]).then(
          () => puts.set(name, 'done'),
          (error) => puts.set(name, error.code === 'CONNECTION_LOST' ? 'unknown' : 'refused'),
        ),
      );
    } else if (chance < 0.9)
      answers.push(live.transport({ positionSeconds: whole(10) }).catch((error) => onlyLost(error, unsettled)));
    else
      answers.push(
        live.midi([{ instance: 'gain', bytes: [0x90, 60, 1] }]).catch((error) => onlyLost(error, unsettled)),
      );
  };
  const onlyLost = (error: { code?: string }, lost: { reads: number }) => {
    // The gain has no MIDI input: an answer, but a refusal.
    if (error.code === 'CONNECTION_LOST') lost.reads++;
  };
  const begun = performance.now();
  while (counts.drops < DROPS) {
    const i = whole(CLIENTS);
    if (clients[i]!.connection === 'open') act(clients[i]!, i);
    if (random() < 0.3) act(steady, CLIENTS);
    await sleep(random() * 8);
  }
  isOver = true;
  await until('all are connected', () => clients.every(({ connection }) => connection === 'open'));
  await Promise.all(answers);
  await until('all are at the same event', () => clients.every((live) => live.sequence === steady.sequence));

  const stored = await new AudioCloudClient(domain.url).tasks.get('drops');
  for (const [i, live] of clients.entries()) {
    t.same(live.task, stored.task, `client ${i} has what the domain has (seed ${SEED})`);
    t.equal(live.revision, stored.revision, `client ${i} has the revision that the domain has`);
    t.same(live.state, steady.state, `client ${i} has the state that the steady one has`);
    t.equal(live.values('eq', 'gain')[i], last[i], 'its last value of what only it sets is there');
    const seen = numbers[i]!;
    t.ok(
      seen.every((number, at) => at === 0 || number > seen[at - 1]!),
      'no event twice, none out of order',
    );
  }
  const buses = Object.keys(stored.task.buses ?? {});
  const outcome = (wanted: string) => [...puts].filter(([, one]) => one === wanted).map(([name]) => name);
  t.same(outcome('refused'), [], 'no edit was refused');
  t.same(
    outcome('done').filter((name) => !buses.includes(name)),
    [],
    'what was answered is there',
  );
  // One whose connection was away for longer than requests are kept: it was there once, or not at all.
  const unknown = outcome('unknown').filter((name) => buses.includes(name)).length;
  t.equal(stored.revision, 1 + outcome('done').length + unknown, 'every edit took effect once');
  // A name comes after its connection: until then a client is there without one.
  const everyone = ['steady', ...clients.map((_, i) => `client ${i}`)].sort();
  const seenBy = (live: LiveTask) => live.presence.map(({ name }) => name ?? 'nameless').sort();
  await until('who is gone is seen as gone, who is there by its name', () =>
    [steady, ...clients].every((live) => `${seenBy(live)}` === `${everyone}`),
  );
  t.comment(
    `${counts.drops} drops (${proxy.cuts} cuts) in ${((performance.now() - begun) / 1000).toFixed(1)} s, ${count} requests, ` +
      `${puts.size} edits, ${counts.snapshots - CLIENTS} snapshots, ${unsettled.reads} of MIDI and transport lost`,
  );
});
