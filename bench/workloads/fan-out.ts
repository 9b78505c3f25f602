import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import type { Delivery } from '../probe/fan-out-clients.ts';
import { type Bench, median, percentile, type Row, row, type Workload } from '../row.ts';
import { NO_LIMIT, ServedDomain } from '../served-domain.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const CLIENTS = 500;
const PROCESSES = 2;
const ROUNDS = 6;
const SECONDS = 3;
const EVERY_MS = 33;

/** A console of eight strips: its meters are about a kilobyte. */
function strips(): Task {
  const names = Array.from({ length: 8 }, (_, i) => `strip${i}`);
  return {
    sampleRate: 48000,
    instances: {
      tone: { model: 'audiocloud:tone' },
      ...Object.fromEntries(names.map((name) => [name, { model: 'audiocloud:gain', parameters: { gain: -20 } }])),
    },
    connections: Object.fromEntries(
      names.flatMap((name) => [
        [`${name}In`, { from: { node: 'tone' }, to: { node: name } }],
        [`${name}Out`, { from: { node: name }, to: { node: 'main' } }],
      ]),
    ),
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
}

/** Clients of one address, in processes of their own. */
class Clients {
  private readonly children: ChildProcess[];

  static async open(url: string, count: number): Promise<Clients> {
    const children = Array.from({ length: PROCESSES }, () =>
      fork(path('../probe/fan-out-clients.ts'), [url, String(count / PROCESSES)]),
    );
    await Promise.all(children.map((child) => once(child, 'message')));
    return new Clients(children);
  }

  private constructor(children: ChildProcess[]) {
    this.children = children;
  }

  /** What came in these seconds: of each message that all got, from its first delivery to its last, in ms. */
  async watch(seconds: number, count: number): Promise<{ spreads: number[]; sample: string; lost: number }> {
    for (const child of this.children) child.send('begin');
    await sleep(seconds * 1000);
    const told = await Promise.all(
      this.children.map(async (child) => {
        const answer = once(child, 'message') as Promise<[{ sample: string; deliveries: Delivery[] }]>;
        child.send('end');
        return (await answer)[0];
      }),
    );
    const all = Map.groupBy(
      told.flatMap(({ deliveries }) => deliveries),
      ({ frame }) => frame,
    );
    // the first and the last of a window are cut by it
    const whole = [...all.values()].slice(1, -1);
    const complete = whole.filter((list) => list.reduce((sum, { clients }) => sum + clients, 0) === count);
    return {
      spreads: complete.map(
        (list) => Math.max(...list.map((one) => one.lastMs)) - Math.min(...list.map((one) => one.firstMs)),
      ),
      sample: told[0]!.sample,
      lost: whole.length - complete.length,
    };
  }

  close(): void {
    for (const child of this.children) child.kill();
  }
}

async function run(bench: Bench): Promise<Row[]> {
  const clients = bench.quick ? 20 : CLIENTS;
  const domain = await ServedDomain.start(NO_LIMIT);
  const raw = fork(path('../peers/raw-fan-out.ts'));
  const open: Clients[] = [];
  try {
    const [rawUrl] = (await once(raw, 'message')) as [string];
    const call = async (method: string, to: string, body: unknown) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(domain.url + to, { method, headers, body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`fan-out: ${method} ${to}: ${await response.text()}`);
    };
    await call('POST', '/v1/tasks', { id: 'fan', task: strips() });
    bench.say(`fan-out: ${clients} clients connect`);
    const ours = await Clients.open(`${domain.url.replace('http', 'ws')}/v1/tasks/fan/live`, clients);
    const bare = await Clients.open(rawUrl, clients);
    open.push(ours, bare);
    const play = (isOn: boolean) => call('PATCH', '/v1/tasks/fan/transport', { play: isOn });
    const pairs: { ours: number; bare: number; p99: number; lost: number }[] = [];
    let bytes = 0;
    for (let round = -1; round < (bench.quick ? 1 : ROUNDS); round++) {
      bench.say(`fan-out: round ${round + 1}`);
      await play(true);
      await sleep(500);
      const found = await ours.watch(bench.quick ? 1 : SECONDS, clients);
      await play(false);
      await sleep(300);
      raw.send({ text: found.sample, everyMs: EVERY_MS });
      await sleep(200);
      const other = await bare.watch(bench.quick ? 1 : SECONDS, clients);
      raw.send('stop');
      bytes = found.sample.length;
      if (other.sample.replaceAll(/"streamFrame":\d+/g, '') !== found.sample.replaceAll(/"streamFrame":\d+/g, ''))
        throw new Error('fan-out: the peer sends something else');
      if (found.spreads.length === 0 || other.spreads.length === 0)
        throw new Error(`fan-out: no message came to all ${clients} clients; ${found.lost} of ours to some`);
      if (round >= 0)
        pairs.push({
          ours: median(found.spreads),
          bare: median(other.spreads),
          p99: percentile(found.spreads, 99),
          lost: found.lost,
        });
    }
    const ratios = pairs.map((one) => one.ours / one.bare);
    return [
      row({
        id: 'fan-out',
        name: `meters to ${clients} clients, from the first delivery to the last, by raw ws`,
        unit: 'ratio',
        value: median(ratios),
        goal: 1.3,
        ratio: median(ratios),
        pairs: { ws: ratios },
        check: 'the same bytes but for the number of the frame',
        note: `${median(pairs.map((one) => one.ours)).toFixed(1)} ms, p99 ${median(pairs.map((one) => one.p99)).toFixed(1)} ms, ws ${median(pairs.map((one) => one.bare)).toFixed(1)} ms; ${bytes} bytes 30 times a second; ${pairs.reduce((sum, { lost }) => sum + lost, 0)} messages did not come to all`,
      }),
    ];
  } finally {
    for (const clients of open) clients.close();
    raw.kill();
    await domain.stop();
  }
}

export const fanOut: Workload = {
  id: 'fan-out',
  name: 'meters of one task to 500 clients',
  about:
    'Clients in two processes hear the meters of a task that plays, 30 times a second. Of each message the time from its first delivery to its last is taken, so what happens before the first one is sent is not in it. The peer sends the same bytes at the same pace with `ws` alone, one buffer to all; ours and the peer take turns.',
  run,
};
