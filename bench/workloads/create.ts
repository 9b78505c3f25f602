import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { check, type Task, TaskDocument } from '@audiocloud/api';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';
import { NO_LIMIT, ServedDomain } from '../served-domain.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const CLIENTS = 8;
const TASKS = 200;
const ROUNDS = 7;

const task: Task = {
  sampleRate: 48000,
  instances: { tone: { model: 'audiocloud:tone' }, gain: { model: 'audiocloud:gain', parameters: { gain: -6 } } },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'gain' } },
    b: { from: { node: 'gain' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};
const body = JSON.stringify({ task });

class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  private readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  call(method: string, to: string, text?: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const headers = text === undefined ? {} : { 'content-type': 'application/json', 'content-length': text.length };
    const sent = request(this.url + to, { method, agent: this.agent, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        answer += chunk;
      });
      response.on('end', () => {
        if (response.statusCode! < 300) resolve(answer);
        else reject(new Error(`${method} ${to}: ${response.statusCode} ${answer}`));
      });
    });
    sent.on('error', reject);
    sent.end(text);
    return promise;
  }

  /** Seconds for so many tasks, by several clients at a time; all are then known by these ids. */
  async create(count: number): Promise<{ seconds: number; ids: string[] }> {
    const ids: string[] = [];
    let left = count;
    const begun = performance.now();
    const lane = async () => {
      while (left-- > 0) ids.push((JSON.parse(await this.call('POST', '/v1/tasks', body)) as { id: string }).id);
    };
    await Promise.all(Array.from({ length: CLIENTS }, lane));
    return { seconds: (performance.now() - begun) / 1000, ids };
  }
}

async function startBare(file: string): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [path('../peers/bare-create.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const url of createInterface(child.stdout!)) return { child, url };
  throw new Error('create: the bare route did not start');
}

async function run(bench: Bench): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'create-'));
  const domain = await ServedDomain.start(NO_LIMIT);
  const { child, url } = await startBare(join(folder, 'bare.sqlite'));
  try {
    const [ours, bare] = [new Client(domain.url), new Client(url)];
    for (const client of [ours, bare])
      check(TaskDocument, JSON.parse(await client.call('POST', '/v1/tasks', body)), 'the answer', 'MESSAGE_INVALID');
    const rounds = bench.quick ? 1 : ROUNDS;
    const count = bench.quick ? 20 : TASKS;
    const rates: { ours: number; bare: number }[] = [];
    for (let round = -1; round < rounds; round++) {
      bench.say(`create: round ${round + 1} of ${rounds}`);
      const made = await ours.create(count);
      const other = await bare.create(count);
      for (const id of made.ids) await ours.call('DELETE', `/v1/tasks/${id}`);
      if (round >= 0) rates.push({ ours: count / made.seconds, bare: count / other.seconds }); // the first one warms up
    }
    const shares = rates.map((one) => one.ours / one.bare);
    return [
      row({
        id: 'create',
        name: 'tasks created a second, by the same of a bare Fastify route',
        unit: 'ratio',
        value: median(shares),
        goal: 0.5,
        higherIsBetter: true,
        ratio: median(rates.map((one) => one.bare / one.ours)),
        pairs: { bare: rates.map((one) => one.bare / one.ours) },
        check: 'both answer a TaskDocument after a durable write',
        note: `${median(rates.map((one) => one.ours)).toFixed(0)} a second, the bare route ${median(rates.map((one) => one.bare)).toFixed(0)}; ours also has the engine load each task`,
      }),
    ];
  } finally {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
    await domain.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const create: Workload = {
  id: 'create',
  name: 'tasks created a second',
  about:
    'Eight clients create tasks of two instances one after the other. The peer is one Fastify route with the same schema, checked by the same validator, and one INSERT into SQLite (WAL, synchronous = FULL). Ours has the engine load the task first, writes task and event in one transaction as durable, counts, limits and asks for permissions.',
  run,
};
