import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FixedInstance, Task, TaskState } from '@audiocloud/api';
import t from 'tap';
import { KillableDomain } from '../domain/testing/killable-domain.ts';
import { noPty, ptyCable } from './pty-cable.ts';
import { TapeDeck } from './tape-deck.ts';

/*
 * A domain, its engine, the process of the serial adapter and a tape machine at the other end of a real serial port, which
 * switches its own power.
 */
t.setTimeout(5 * 60 * 1000);
const UNIT = 'generic:tape-machine:one';
/** Safe within so long of a kill, as the issue wants it. */
const SAFE_WITHIN_MS = 5000;
const task = (lengthSeconds: number): Task => ({
  sampleRate: 48_000,
  lengthSeconds,
  instances: {
    tone: { model: 'audiocloud:tone' },
    tape: { model: 'generic:tape-machine', fixed: UNIT },
  },
  connections: { toOut: { from: { node: 'tone' }, to: { node: 'out' } } },
  sinks: { out: { kind: 'stream', channels: 2 } },
});

t.test('a tape machine is powered, warmed up, rewound and run; killed, it is safe', { skip: noPty }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tape-'));
  const cable = await ptyCable(folder);
  const deck = new TapeDeck(cable, 2000);
  const driver = join(import.meta.dirname, '../plugins/devices/generic-tape-machine');
  const rack = { instances: [{ id: UNIT, driver, port: { path: cable.path }, power: { parameter: 'power' } }] };
  writeFileSync(join(folder, 'rack.json'), JSON.stringify(rack));
  const domain = new KillableDomain({
    dataDir: folder,
    access: 'open',
    mediaDirs: [],
    pluginDirs: [join(import.meta.dirname, '../plugins')],
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
    requestsPerMinute: 1_000_000,
  });
  t.teardown(async () => {
    await domain.close();
    deck.end();
    await cable.unplug();
    rmSync(folder, { recursive: true, force: true });
  });
  await domain.start();

  const call = async (method: string, path: string, body?: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? {} : { headers, body: JSON.stringify(body) };
    const answer = await fetch(domain.url + path, { method, ...init });
    return { status: answer.status, body: await answer.json() };
  };
  const stateOf = async (): Promise<TaskState> => (await call('GET', '/v1/tasks/long')).body.state;
  const unit = async (): Promise<FixedInstance> =>
    (await call('GET', '/v1/instances')).body.instances.find(({ id }: FixedInstance) => id === UNIT);
  const until = async (what: string, isSo: () => Promise<boolean> | boolean) => {
    const sinceMs = performance.now();
    while (!(await isSo())) await pause(20);
    const tookMs = Math.round(performance.now() - sinceMs);
    t.comment(`${what}: ${tookMs} ms`);
    return tookMs;
  };
  const told = (line: string) => deck.lines.find((one) => one.line === line)?.atMs;
  const isSafe = () =>
    deck.lines
      .slice(-2)
      .map(({ line }) => line)
      .join() === 'SGST STOP,SGPW0000';

  await until('connected', async () => (await unit())?.state === 'off');
  t.equal((await call('POST', '/v1/tasks', { id: 'long', task: task(3000) })).status, 201);
  t.match(await call('PATCH', '/v1/tasks/long/transport', { play: true }), {
    status: 422,
    body: { code: 'TAPE_TOO_SHORT', message: /holds 2400 s, 3000 s are wanted/ },
  });
  t.equal((await call('PUT', '/v1/tasks/long', task(600))).status, 200);

  // 400 s are left, 600 s are wanted.
  const states = new Set<string>();
  const waits = new Map<string, string>();
  t.equal((await call('PATCH', '/v1/tasks/long/transport', { play: true })).status, 200);
  await until('powered, warm, rewound and playing', async () => {
    const [{ state }, { state: playing, waitingFor = [] }] = await Promise.all([unit(), stateOf()]);
    states.add(state);
    for (const { what, why } of waitingFor) waits.set(why, what);
    return playing === 'playing';
  });
  t.ok(deck.isRunning, 'it ran before the task played');
  for (const state of ['warming-up', 'ready']) t.ok(states.has(state), state);
  t.equal(waits.get('It warms up'), 'power');
  t.equal(waits.get('Its tape rewinds: 400 s are left, 600 s are wanted'), 'tape');
  const order = ['SGPW1000', 'SGST 2STR', 'SGST RCRD'].map((line) => told(line)!);
  t.same(
    order,
    [...order].sort((a, b) => a - b),
  );
  t.ok(order[1]! - order[0]! >= 9_900, 'nothing moved before it was warm'); // by the clock of the deck
  t.equal((await unit()).state, 'in-use');

  await domain.kill();
  t.ok((await until('safe after the domain was killed', isSafe)) < SAFE_WITHIN_MS);
  t.equal(deck.isRunning, false);

  await domain.start();
  await until('playing again', async () => (await stateOf()).state === 'playing' && deck.isRunning);
  const { pid } = (await call('GET', '/v1/engines')).body.engines[0];
  process.kill(pid, 'SIGKILL');
  t.ok((await until('safe after the engine was killed', isSafe)) < SAFE_WITHIN_MS);
});
