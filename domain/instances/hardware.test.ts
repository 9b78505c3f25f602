import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FixedInstance, Task, TaskState } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { folderWithRack } from '../testing/simulated-preamp.ts';
import { startTestDomain, toneTask } from '../testing/test-domain.ts';

/*
 * A domain, its engine, the processes of two adapters and simulated preamps, which have their power through a simulated
 * distributor. A preamp tells its level, which is 20 dB below its gain: so one sees what it really has.
 */
const UNITS = ['generic:line-preamp:a', 'generic:line-preamp:b', 'generic:line-preamp:c'];
const GAINS = { one: 1, two: 2, three: 3, four: 4 };
const domain = await startTestDomain(t, { dataDir: folderWithRack(t, UNITS, true) });

const withPreamp = (gainDb: number): Task => ({
  ...toneTask,
  instances: {
    ...toneTask.instances,
    preamp: { model: 'generic:line-preamp', fixed: 'any', parameters: { gainDb } },
  },
});
const play = (id: string, play: boolean) => domain.call('PATCH', `/v1/tasks/${id}/transport`, { play });
const stateOf = async (id: string): Promise<TaskState> => (await domain.call('GET', `/v1/tasks/${id}`)).body.state;
const unitsNow = async (): Promise<FixedInstance[]> => (await domain.call('GET', '/v1/instances')).body.instances;
/** The process of an adapter or simulator, by the address of its entry. */
const adapterOf = (engine: number, entry: string): number =>
  readFileSync(`/proc/${engine}/task/${engine}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number)
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(entry))!;
const enginePid = async (): Promise<number> => (await domain.call('GET', '/v1/engines')).body.engines[0].pid;

/** Settles when it is so; the time limit of the test ends it otherwise. Says how long it took. */
async function until(t: Test, what: string, isSo: () => Promise<boolean>): Promise<void> {
  const sinceMs = performance.now();
  while (!(await isSo())) await sleep(10);
  t.comment(`${what}: ${Math.round(performance.now() - sinceMs)} ms`);
}

/** All of these play, each on a unit that has the gain of the task. */
async function arePlaying(names: (keyof typeof GAINS)[]): Promise<boolean> {
  const states = await Promise.all(names.map(stateOf));
  const units = await unitsNow();
  return states.every(({ state, fixed, waitingFor }, i) => {
    const unit = units.find(({ id }) => id === fixed?.['preamp']);
    return state === 'playing' && waitingFor?.length === 0 && unit?.reports['levelDb']?.[0] === GAINS[names[i]!] - 20;
  });
}

t.test('three units, four tasks: three play once their units have power and values, the fourth waits', async (t) => {
  for (const [name, gainDb] of Object.entries(GAINS))
    t.equal((await domain.create(name, withPreamp(gainDb))).status, 201);
  t.same(
    (await unitsNow()).flatMap(({ id, power, desired }) => (UNITS.includes(id) ? [[power, desired.power]] : [])),
    UNITS.map(() => [false, false]),
  );
  for (const name of Object.keys(GAINS)) t.match(await play(name, true), { status: 200, body: { playing: false } });
  await until(t, 'power, connection and values', () => arePlaying(['one', 'two', 'three']));
  t.match(await stateOf('four'), {
    state: 'ready',
    desired: { playing: true },
    waitingFor: [{ what: 'instance', id: 'generic:line-preamp', why: /task (one|two|three) has it/ }],
  });
});

t.test('who follows a task sees what it waits for', async (t) => {
  const live = await domain.live('four');
  const { state } = await live.next('snapshot');
  t.match(state.waitingFor, [{ what: 'instance' }]);
});

t.test('a knob of a task turns the knob of its unit, within the range of the model', async (t) => {
  const set = (value: number) =>
    domain.call('PATCH', '/v1/tasks/one/parameters', {
      changes: [{ instance: 'preamp', parameter: 'gainDb', value }],
    });
  const delivered = [{ instance: 'preamp', parameter: 'gainDb', index: 0, outcome: 'sent' }];
  t.match(await set(17), { status: 200, body: { delivered } });
  GAINS.one = 17;
  await until(t, 'the knob', () => arePlaying(['one']));
  t.match(await set(1_000), { status: 422, body: { code: 'PARAMETER_VALUE' } });
  const live = await domain.live('one');
  const changes = [{ instance: 'preamp', parameter: 'gainDb', value: 18 }];
  const answer = await live.ask({ type: 'set', changes });
  t.same(answer.type === 'ack' && answer.delivered, delivered);
  GAINS.one = 18;
});

t.test('the adapter is killed: its units come back with their values, and tasks go on', async (t) => {
  const engine = await enginePid();
  process.kill(adapterOf(engine, 'line-preamp'), 'SIGKILL');
  await until(t, 'noticed', async () => (await stateOf('one')).state !== 'playing');
  t.match((await stateOf('one')).waitingFor, [{ what: /instance|parameters/ }]);
  await until(t, 'an adapter started again', () => arePlaying(['one', 'two', 'three']));
});

t.test('the engine is killed: all comes back, and the fourth still waits', async (t) => {
  const killed = await enginePid();
  process.kill(killed, 'SIGKILL');
  await until(t, 'noticed', async () => (await stateOf('one')).state !== 'playing');
  t.match((await stateOf('one')).waitingFor?.[0], { what: 'engine' });
  await until(t, 'another engine', async () => (await enginePid()) !== killed);
  await until(t, 'all as it was', () => arePlaying(['one', 'two', 'three']));
  t.match(await stateOf('four'), { state: 'ready', waitingFor: [{ what: 'instance' }] });
});

t.test('one stops, and the fourth plays on its unit', async (t) => {
  const { fixed } = await stateOf('two');
  t.equal((await play('two', false)).status, 200);
  await until(t, 'handed over', () => arePlaying(['one', 'three', 'four']));
  t.same((await stateOf('four')).fixed, fixed);
});
