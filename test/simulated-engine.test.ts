import type { GraphEdit, Task, TransportChange } from '@audiocloud/api';
import t from 'tap';
import { VirtualClock } from '../domain/clock/virtual-clock.ts';
import { Hardware } from '../domain/simulation/world/hardware.ts';
import { Life } from '../domain/simulation/world/life.ts';
import { MODELS, TONE } from '../domain/simulation/world/models.ts';
import { Random } from '../domain/simulation/world/random.ts';
import { SimulatedEngine } from '../domain/simulation/world/simulated-engine.ts';
import { RunningEngine } from './running-engine.ts';

const load = (task: string, revision = 1, graph: Task = TONE) =>
  ['load', { task, revision, graph, media: {} }] as const;
const edit = (revision: number, ...edits: GraphEdit[]) => ['edit', { task: 'a', revision, edits, media: {} }] as const;
const transport = (change: TransportChange) => ['transport', { task: 'a', change }] as const;
const set = (instance: string, parameter: string, value: unknown, index?: number) =>
  ['set', { task: 'a', changes: [{ instance, parameter, value, ...(index === undefined ? {} : { index }) }] }] as const;
const state = ['state', { task: 'a' }] as const;
const GAIN = { model: 'audiocloud:gain', parameters: { gain: -3 } };

/** What a domain may ask, right and wrong, in an order in which each has something to change. */
const COMMANDS: readonly (readonly [type: string, body: object])[] = [
  state,
  ['unload', { task: 'a' }],
  transport({ play: true }),
  set('gain', 'gain', -6),
  load('a'),
  state,
  set('gain', 'gain', -6),
  set('gain', 'gain', -500),
  set('gain', 'pan', 0.5),
  set('gain', 'mute', true),
  set('gain', 'mute', 'perhaps'),
  set('gain', 'nothing', 1),
  set('nobody', 'gain', 1),
  set('gain', 'gain', -6, 1),
  set('tone', 'level', -30),
  set('gain', 'host-bypass', true),
  ['midi', { task: 'a', messages: [{ instance: 'nobody', bytes: [0x90, 60, 100] }] }],
  edit(2, { op: 'put', part: 'instances', name: 'more', value: GAIN }),
  edit(3, { op: 'put', part: 'instances', name: 'wrong', value: { model: 'nobody:none' } }),
  edit(3, { op: 'put', part: 'instances', name: 'wrong', value: { ...GAIN, parameters: { gain: 900 } } }),
  edit(3, { op: 'put', part: 'instances', name: 'wrong', value: { ...GAIN, parameters: { nothing: 1 } } }),
  edit(3, { op: 'remove', part: 'instances', name: 'nobody' }),
  edit(3, { op: 'put', part: 'connections', name: 'c', value: { from: { node: 'more' }, to: { node: 'nobody' } } }),
  edit(3, { op: 'set', instance: 'more', parameter: 'gain', value: -9 }),
  edit(4, { op: 'loop', loop: { startSeconds: 1, endSeconds: 2 } }),
  state,
  transport({ loop: { startSeconds: 2, endSeconds: 1 } }),
  transport({ loop: null }),
  transport({ positionSeconds: 10 }),
  transport({ play: true }),
  state,
  set('gain', 'gain', -7),
  transport({ play: true }),
  transport({ loop: { startSeconds: 20, endSeconds: 40 } }),
  edit(5, { op: 'remove', part: 'instances', name: 'more' }),
  state,
  load('a', 9),
  state,
  transport({ play: true, positionSeconds: 3 }),
  transport({ play: false }),
  state,
  load('b', 1, { ...TONE, instances: { tone: { model: 'nobody:none' } } }),
  ['state', { task: 'b' }],
  ['save', { task: 'a' }],
  ['set-fixed', { instance: 'nobody:none:1', parameter: 'gain', value: 1 }],
  ['unload', { task: 'a' }],
  state,
];

/** Of an answer what a domain goes by: no clock, and no more of a position than its second. */
function essence(result: unknown): unknown {
  const { state, revision, transport, instances, playing, positionFrames, sampleRate, loop, frame } = (result ??
    {}) as {
    state?: string;
    revision?: number;
    transport?: object;
    instances?: object;
    playing?: boolean;
    positionFrames?: number;
    sampleRate?: number;
    loop?: object;
    frame?: number | null;
  };
  if (transport !== undefined)
    return { state, revision, instances: Object.keys(instances ?? {}).sort(), transport: essence(transport) };
  if (playing !== undefined) return { playing, loop, second: Math.floor((positionFrames ?? 0) / (sampleRate ?? 1)) };
  return frame === undefined ? result : { isInStream: frame !== null };
}

async function outcomes(command: (type: string, body: object) => Promise<unknown>): Promise<string[]> {
  const found: string[] = [];
  for (const [type, body] of COMMANDS) {
    const said = await command(type, body).then(
      (result) => JSON.stringify(essence(result)),
      (error: { code: string }) => error.code,
    );
    found.push(`${type} ${JSON.stringify(body).slice(0, 120)}: ${said}`);
  }
  return found;
}

t.test('the simulated engine answers and refuses as the real one does', async (t) => {
  const running = await RunningEngine.start();
  t.teardown(() => running.remove());
  const link = await running.link();
  await link.command('hello', { protocol: 1 });
  const clock = new VirtualClock();
  const simulated = new SimulatedEngine({
    life: new Life(clock),
    pid: 1,
    models: MODELS,
    hardware: new Hardware(clock, new Random(1), [], 'test:outlets:0', 'test:tape:0'),
    pace: { load: () => 1, edit: () => 1, block: () => 1 },
    tell: () => undefined,
  });
  const real = await outcomes((type, body) => link.command(type as never, body));
  const ours = await outcomes(async (type, body) => {
    const answer = simulated.command(type as never, body as never);
    answer.catch(() => undefined);
    for (let i = 0; i < 5; i++) {
      await new Promise(setImmediate);
      clock.advance(2);
    }
    return answer;
  });
  real.forEach((outcome, i) => {
    t.equal(ours[i], outcome);
  });
  link.close();
});
