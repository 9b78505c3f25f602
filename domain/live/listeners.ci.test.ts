import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { until } from '../../test/until.ts';
import { LiveClient } from '../testing/live-client.ts';
import type { ListenersReport } from '../testing/listeners-process.ts';
import { toneTask } from '../testing/test-domain.ts';
import { WatchedProcess } from '../testing/watched-process.ts';

// A domain, its engine and its listeners in processes of their own.

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
  const body = JSON.stringify({ id: 'heard', task: toneTask });
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

async function report(child: ChildProcess): Promise<ListenersReport> {
  const answer = once(child, 'message');
  child.send('report');
  const [told] = await answer;
  return told as ListenersReport;
}

const CROWD = 1_000;

t.test(`${CROWD} listeners of one task share one encoder`, { timeout: 240_000 }, async (t) => {
  const { live, player, metric } = await domainWith(t);
  await player.ack({ type: 'meters', on: false });
  await player.ack({ type: 'transport', change: { play: true } });
  const quality = { format: 'opus', bitRate: 32_000, packetMs: 60 };
  const children = await Promise.all(Array.from({ length: 4 }, () => listeners(t, live, CROWD / 4, quality)));
  await until('the engine has counted', async () => (await metric('audiocloud_engine_stream_encoders')) > 0);
  t.equal(await metric('audiocloud_engine_stream_encoders'), 1, 'one encoder');
  for (const child of children) child.send('reset');
  const before = await metric('audiocloud_engine_encoded_packets_total');
  let reports: ListenersReport[] = [];
  await until('all have heard', async () => {
    reports = await Promise.all(children.map(report));
    return reports.every(({ packets }) => packets.filter((one) => one >= 10).length === CROWD / 4);
  });
  const encoded = (await metric('audiocloud_engine_encoded_packets_total')) - before;
  const heard = reports.flatMap(({ packets }) => packets).reduce((sum, one) => sum + one, 0);
  t.ok(encoded * 5 < heard, `${encoded} packets were encoded, ${heard} heard`);
  t.same(
    reports.map(({ closed }) => closed),
    [0, 0, 0, 0],
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

t.test(
  'a listener that does not read goes down in quality, then is closed; the others do not feel it',
  { timeout: 240_000 },
  async (t) => {
    const { live, player, domain } = await domainWith(t);
    await player.ack({ type: 'meters', on: false });
    await player.ack({ type: 'transport', change: { play: true } });
    const others = await listeners(t, live, 10, { format: 'flac24' });
    /** Between packets of each listener, over some seconds. */
    const measured = async (seconds: number) => {
      others.send('reset');
      await sleep(seconds * 1000);
      const { arrivals, lost } = await report(others);
      const first = new Map<number, number>();
      for (const [serial, at] of arrivals)
        first.set(serial, Math.min(at, first.get(serial) ?? Number.POSITIVE_INFINITY));
      const lates = arrivals.map(([serial, at]) => at - first.get(serial)!);
      return { p99: quantile(lates, 0.99), lost: lost.reduce((sum, one) => sum + one, 0), packets: arrivals.length };
    };
    await measured(2);
    const alone = await measured(5);
    const before = await domain.measure();
    const slow = await LiveClient.open(live);
    await slow.ack({ type: 'listen', format: 'f32', adaptive: true });
    await slow.until(() => slow.packets.length > 0, 'a packet');
    slow.socket.pause();
    // What the system takes for a socket that nobody reads is some seconds of floats; then the domain waits ten.
    let beside = await measured(5);
    for (let round = 0; round < 12 && (await sessions(domain.url)) === 12; round++) beside = await measured(5);
    t.equal(await sessions(domain.url), 11, 'it is gone');
    const after = await domain.measure();
    slow.socket.resume();
    const { code } = await slow.until(() => slow.closed, 'the end');
    t.ok(code === 1013 || code === 1006, `closed with ${code}`);
    t.same([alone.lost, beside.lost], [0, 0], 'no packet of the others was lost');
    // 20 ms: what a machine with other work adds to one in a hundred, with a slow client or without.
    t.ok(beside.p99 < alone.p99 * 1.1 + 20, 'nor late');
    const grown = after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes;
    t.comment(`in use grew by ${(grown / 2 ** 20).toFixed(1)} MiB, the history of its streams among it`);
    t.comment(
      `from the first to the others, p99 ${alone.p99.toFixed(2)} ms alone, ${beside.p99.toFixed(2)} ms beside it`,
    );
    const told = slow.messages.flatMap((message) => (message.type === 'stream' ? [message] : []));
    t.comment(`it was told: ${told.map(({ format, bitRate, why }) => `${why} ${format} ${bitRate ?? ''}`).join(', ')}`);
  },
);

async function sessions(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^audiocloud_domain_live_sessions (\d+)/m.exec(text)?.[1]);
}
