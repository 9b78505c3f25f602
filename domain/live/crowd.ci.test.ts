import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ParameterChange, Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { until } from '../../test/until.ts';
import type { CrowdReport } from '../testing/crowd-process.ts';
import { LiveClient } from '../testing/live-client.ts';
import { toneTask } from '../testing/test-domain.ts';
import { WatchedProcess } from '../testing/watched-process.ts';

// A domain, its engine and its clients in processes of their own, as in a studio.

const FILE = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A domain in a process of its own, with a task. */
async function domainWith(t: Test, task: Task) {
  const dataDir = mkdtempSync(join(tmpdir(), 'crowd-'));
  const domain = await WatchedProcess.start({
    dataDir,
    access: 'open',
    mediaDirs: [],
    pluginDirs: [FILE('../../plugins')],
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
  });
  t.teardown(async () => {
    await domain.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const body = JSON.stringify({ id: 'crowd', task });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${domain.url}/v1/tasks`, { method: 'POST', headers, body });
  const live = `${domain.url.replace('http', 'ws')}/v1/tasks/crowd/live`;
  const mover = await LiveClient.open(live);
  t.teardown(() => mover.close());
  await mover.ack({ type: 'meters', on: false });
  const play = () => mover.ack({ type: 'transport', change: { play: true } });
  /** Bytes in use when all that can be is collected. */
  const inUse = async () => {
    const { heapBytes, externalBytes } = await domain.measure();
    return heapBytes + externalBytes;
  };
  return { live, mover, play, metric: (name: string) => metric(domain.url, name), inUse };
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  if (!line) throw new Error(`no metric ${name}`);
  return Number(line.split(' ')[1]);
}

const DELAY = 'audiocloud_domain_event_loop_delay_seconds{quantile="0.99"}';
const MEMORY = 'audiocloud_domain_resident_memory_bytes';
const MB = 2 ** 20;
/** More may not be in use once a client that did not read is gone. Seen: 4 MB less to 1 MB more, as code is compiled and given up. */
const MOST_GROWN = 4 * MB;
const quantile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? Number.NaN;
const times = (values: readonly number[]) =>
  `p50 ${quantile(values, 0.5).toFixed(1)} ms, p99 ${quantile(values, 0.99).toFixed(1)} ms`;

const CROWD = 500;
const PROCESSES = 5;
const MOVES = 300;

t.test(`${CROWD} clients on one task get every event in order, and the last value`, { timeout: 300_000 }, async (t) => {
  const { live, mover, play, metric } = await domainWith(t, toneTask);
  const before = await metric(MEMORY);
  const children: ChildProcess[] = [];
  t.teardown(() => {
    for (const child of children) child.kill();
  });
  for (let i = 0; i < PROCESSES; i++) {
    const child = fork(FILE('../testing/crowd-process.ts'), [live, String(CROWD / PROCESSES)]);
    children.push(child);
  }
  await Promise.all(children.map((child) => once(child, 'message')));
  await play(); // now, because meters for those who are there already would make the others wait
  await metric(DELAY); // counts from here on
  const started = await metric(MEMORY);

  const roundTrips: number[] = [];
  const told = new Map<number, number>();
  let value = 0;
  for (let move = 1; move <= MOVES; move++) {
    value = -move / 10;
    const at = performance.now();
    const { sequence } = await mover.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value }] });
    roundTrips.push(performance.now() - at);
    told.set(sequence!, performance.timeOrigin + at);
    if (move % 100 === 0) await mover.ack({ type: 'edit', edits: [{ op: 'loop', loop: null }] });
    await sleep(5);
  }
  const last = mover.messages.findLast((message) => message.type === 'edited')!.sequence;

  const report = async (child: ChildProcess) => {
    const answer = once(child, 'message');
    child.send('report');
    const [{ clients, arrivals }] = (await answer) as [
      { clients: CrowdReport[]; arrivals: [number, { first: number; last: number }][] },
    ];
    return { clients, arrivals: new Map(arrivals) };
  };
  let reports: Awaited<ReturnType<typeof report>>[] = [];
  await until('all have the last event', async () => {
    reports = await Promise.all(children.map(report));
    return reports.every(({ clients }) => clients.every(({ sequence, fault }) => fault || sequence >= last));
  });
  const clients = reports.flatMap((one) => one.clients);
  t.equal(clients.length, CROWD);
  t.same(
    clients.filter(({ fault }) => fault !== undefined),
    [],
    'every event once and in order',
  );
  t.ok(
    clients.every((one) => one.value === value),
    `the last value is ${value}`,
  );
  t.ok(
    clients.every(({ meters }) => meters > 0),
    'meters came to all',
  );

  const delaySeconds = await metric(DELAY);
  const grown = (await metric(MEMORY)) - started;
  t.ok(grown < 64 * MB, `memory grew by ${(grown / MB).toFixed(1)} MB`);
  const latest = (sequence: number) =>
    Math.max(...reports.map((one) => one.arrivals.get(sequence)?.last ?? Number.NaN));
  t.comment(
    `${CROWD} clients: ${((started - before) / MB).toFixed(0)} MB of memory, event loop p99 ${(delaySeconds * 1000).toFixed(1)} ms, ` +
      `round trip ${times(roundTrips)}, to the last of all ${times([...told].map(([sequence, at]) => latest(sequence) - at))}`,
  );
});

t.test(
  'a client that does not read is closed; the others and the memory do not feel it',
  { timeout: 300_000 },
  async (t) => {
    const wide: Task = {
      ...toneTask,
      instances: Object.fromEntries(
        Array.from({ length: 60 }, (_, i) => [`eq${i}`, { model: 'audiocloud:equalizer' }]),
      ),
      connections: {},
    };
    const { live, mover, play, metric, inUse } = await domainWith(t, wide);
    await play();
    const other = await LiveClient.open(live);
    t.teardown(() => other.close());
    const value = (round: number) => ((round % 200) - 100) / 10;
    /** All bands of all equalizers: 30 kB of events. */
    const changes = (round: number): ParameterChange[] =>
      Array.from({ length: 480 }, (_, i) => ({
        instance: `eq${Math.floor(i / 8)}`,
        parameter: 'gain',
        index: i % 8,
        value: value(round),
      }));
    let round = 0;
    const move = async (isOver: () => boolean, most: number) => {
      const latencies: number[] = [];
      for (const end = round + most; round < end && !isOver(); await sleep(10)) {
        const at = performance.now();
        const { sequence } = await mover.ack({ type: 'set', changes: changes(++round) });
        await other.next('changed', (event) => event.sequence === sequence, Math.max(0, other.messages.length - 50));
        latencies.push(performance.now() - at);
      }
      return latencies;
    };
    await move(() => false, 100);
    const alone = await move(() => false, 300);
    const before = await inUse();

    const slow = await LiveClient.open(live);
    slow.socket.pause();
    const sessions = () => metric('audiocloud_domain_live_sessions');
    t.equal(await sessions(), 3);
    let isClosed = false;
    const watch = (async () => {
      while ((await sessions()) === 3) await sleep(250);
      isClosed = true;
    })();
    const beside = await move(() => isClosed, 100_000);
    await watch;
    slow.socket.resume();
    const { code } = await slow.until(() => slow.closed, 'the end');
    // The close frame stands behind what the system still held, unless the domain cut the connection first.
    t.ok(code === 1013 || code === 1006, `closed with ${code}`);
    // In use, not resident: what was not collected yet comes to about 80 MB within the first 1,000 rounds, without a slow
    // client too, and stays there. In use is the event log, which is full since the first 104 rounds.
    const grown = (await inUse()) - before;
    t.ok(grown < MOST_GROWN, `what is in use grew by ${(grown / MB).toFixed(1)} MB in ${beside.length} rounds`);
    const seen = other.messages.flatMap((message) =>
      'sequence' in message && !('id' in message) ? [message.sequence] : [],
    );
    t.ok(
      seen.every((sequence, i) => i === 0 || sequence === seen[i - 1]! + 1),
      'the other got every event by itself',
    );
    t.equal(other.messages.findLast((message) => message.type === 'changed')!.changes.at(-1)!.value, value(round));
    t.comment(`to the other ${times(alone)}; beside the slow one ${times(beside)}`);
  },
);
