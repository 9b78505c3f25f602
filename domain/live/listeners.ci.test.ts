import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { until } from '../../test/until.ts';
import { LiveClient } from '../testing/live-client.ts';
import type { ListenersReport } from '../testing/listeners-process.ts';
import { toneTask } from '../testing/test-domain.ts';
import { WatchedProcess } from '../testing/watched-process.ts';
import { CLOSE_BYTES } from './outbox.ts';

// A domain, its engine and its listeners in processes of their own.

/** The wide sink fills sooner what the system holds for a socket that nobody reads. */
const task: Task = { ...toneTask, sinks: { ...toneTask.sinks, wide: { kind: 'stream', channels: 8 } } };

const FILE = (path: string) => fileURLToPath(new URL(path, import.meta.url));

async function domainWith(t: Test) {
  const dataDir = mkdtempSync(join(tmpdir(), 'listeners-'));
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
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ id: 'heard', task });
  await fetch(`${domain.url}/v1/tasks`, { method: 'POST', headers, body });
  const live = `${domain.url.replace('http', 'ws')}/v1/tasks/heard/live`;
  const player = await LiveClient.open(live);
  t.teardown(() => player.close());
  const metric = async (name: string) => {
    const text = await (await fetch(`${domain.url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(name));
    return Number(line?.split(' ')[1] ?? Number.NaN);
  };
  return { domain, live, player, metric };
}

async function listeners(t: Test, live: string, count: number, request: object) {
  const child = fork(FILE('../testing/listeners-process.ts'), [
    live,
    String(count),
    JSON.stringify({ type: 'listen', id: 2, ...request }),
  ]);
  t.teardown(() => child.kill());
  await once(child, 'message');
  return child;
}

/** what: with arrivals, or without. */
async function report(child: ChildProcess, what: 'report' | 'counts' = 'report'): Promise<ListenersReport> {
  const answer = once(child, 'message');
  child.send(what);
  const [told] = await answer;
  return told as ListenersReport;
}

const CROWD = 1_000;
const PROCESSES = 2;
const OTHERS = 10;

t.test(`${CROWD} listeners of one task share one encoder`, { timeout: 120_000 }, async (t) => {
  const { live, player, metric } = await domainWith(t);
  await player.ack({ type: 'meters', on: false });
  await player.ack({ type: 'transport', change: { play: true } });
  const quality = { format: 'opus', bitRate: 32_000, packetMs: 60 };
  const children = await Promise.all(
    Array.from({ length: PROCESSES }, () => listeners(t, live, CROWD / PROCESSES, quality)),
  );
  await until('the engine has counted', async () => (await metric('audiocloud_engine_stream_encoders')) > 0);
  t.equal(await metric('audiocloud_engine_stream_encoders'), 1, 'one encoder');
  for (const child of children) child.send('reset');
  const before = await metric('audiocloud_engine_encoded_packets_total');
  let reports: ListenersReport[] = [];
  await until('all have heard', async () => {
    reports = await Promise.all(children.map((child) => report(child)));
    return reports.every(({ packets }) => packets.filter((one) => one >= 10).length === CROWD / PROCESSES);
  });
  const encoded = (await metric('audiocloud_engine_encoded_packets_total')) - before;
  const heard = reports.flatMap(({ packets }) => packets).reduce((sum, one) => sum + one, 0);
  t.ok(encoded * 5 < heard, `${encoded} packets were encoded, ${heard} heard`);
  t.same(
    reports.map(({ closed }) => closed),
    reports.map(() => 0),
  );
  const times = new Map<number, number[]>();
  for (const { arrivals } of reports)
    for (const [serial, at] of arrivals) times.set(serial, [...(times.get(serial) ?? []), at]);
  const spreads = [...times.values()]
    .filter((all) => all.length === CROWD)
    .map((all) => Math.max(...all) - Math.min(...all));
  t.comment(`from the first of all to the last of a packet: ${spreads.map((ms) => ms.toFixed(0)).join(', ')} ms`);
});

const quantile = (values: number[], share: number) => values.sort((a, b) => a - b)[Math.floor(values.length * share)]!;

/** A packet and a message may come on top of what waits at most. */
const MOST_BYTES = CLOSE_BYTES + 64 * 1024;
/** What a machine with other work adds to one packet in a hundred, with a slow client or without. */
const NOISE_MS = 20;

t.test(
  'a listener that does not read is closed, and less than 1 MiB waits for it; the others do not feel it',
  { timeout: 120_000 },
  async (t) => {
    const { live, player, domain, metric } = await domainWith(t);
    await player.ack({ type: 'meters', on: false });
    await player.ack({ type: 'transport', change: { play: true } });
    const others = await listeners(t, live, OTHERS, { format: 'flac24' });
    const slow = await LiveClient.open(live);
    /** What the others got since they forgot: how late after the first of them, and how much. */
    const heard = async () => {
      const { arrivals, lost } = await report(others);
      const first = new Map<number, number>();
      for (const [serial, at] of arrivals)
        first.set(serial, Math.min(at, first.get(serial) ?? Number.POSITIVE_INFINITY));
      const lates = arrivals.map(([serial, at]) => at - first.get(serial)!);
      return { p99: quantile(lates, 0.99), lost: lost.reduce((sum, one) => sum + one, 0), packets: arrivals.length };
    };
    const haveHeard = async (packets: number) =>
      (await report(others, 'counts')).packets.filter((one) => one >= packets).length === OTHERS;
    await until('they hear', () => haveHeard(10));
    others.send('reset');
    await until('they heard for some seconds', () => haveHeard(300));
    const alone = await heard();
    const before = await domain.measure();
    await slow.ack({ type: 'listen', node: 'wide', format: 'f32', adaptive: true });
    await slow.until(() => slow.packets.length > 0, 'a packet');
    slow.socket.pause();
    others.send('reset');
    const sessions = () => metric('audiocloud_domain_live_sessions');
    const waiting: number[] = [];
    // The system takes some seconds of floats for a socket that nobody reads; then the domain waits ten.
    await until('it is gone', async () => {
      waiting.push(await metric('audiocloud_domain_live_most_waiting_bytes'));
      return (await sessions()) === OTHERS + 1;
    });
    const beside = await heard();
    const after = await domain.measure();
    slow.socket.resume();
    const { code } = await slow.until(() => slow.closed, 'the end');
    t.ok(code === 1013 || code === 1006, `closed with ${code}`);
    const most = Math.max(...waiting);
    t.ok(most > 0, `it was behind, by ${most} bytes`);
    t.ok(most <= MOST_BYTES, `${most} bytes waited for it at most, of ${waiting.length} looks; 1 MiB is the limit`);
    t.same([alone.lost, beside.lost], [0, 0], 'no packet of the others was lost');
    t.ok(beside.packets > 300 * OTHERS, `they heard ${beside.packets} packets meanwhile`);
    t.ok(beside.p99 < alone.p99 * 1.1 + NOISE_MS, `nor late: ${beside.p99} ms beside it, ${alone.p99} ms alone`);
    const grown = after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes;
    t.comment(`in use grew by ${(grown / 2 ** 20).toFixed(1)} MiB, the history of its streams among it`);
    t.comment(
      `from the first to the others, p99 ${alone.p99.toFixed(2)} ms alone, ${beside.p99.toFixed(2)} ms beside it; ${most} bytes waited at most`,
    );
    const told = slow.messages.flatMap((message) => (message.type === 'stream' ? [message] : []));
    t.comment(`it was told: ${told.map(({ format, bitRate, why }) => `${why} ${format} ${bitRate ?? ''}`).join(', ')}`);
  },
);
