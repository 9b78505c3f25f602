import type { TransportState } from '@audiocloud/api';
import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { Hardware } from '../simulation/world/hardware.ts';
import { Life } from '../simulation/world/life.ts';
import { MODELS, TONE } from '../simulation/world/models.ts';
import { Random } from '../simulation/world/random.ts';
import { SimulatedEngine, valuesOf } from '../simulation/world/simulated-engine.ts';
import { EngineTask } from './engine-task.ts';

const ADDRESS = { application: 'main', id: 'song' };
const LOOP = { startSeconds: 1, endSeconds: 2 };

/** A task on a simulated engine. */
function placed() {
  const clock = new VirtualClock();
  const engine = new SimulatedEngine({
    life: new Life(clock),
    pid: 1,
    models: MODELS,
    hardware: new Hardware(clock, new Random(1), [], 'test:outlets:0', 'test:tape:0'),
    pace: { load: () => 1, edit: () => 1, block: () => 1 },
    tell: () => undefined,
  });
  const command = engine.command.bind(engine);
  const registered = { id: 'one', models: MODELS, engine: { isUp: true, command } };
  const task = new EngineTask(registered as never, ADDRESS, () => undefined);
  /** Lets the time go by that it takes. */
  const done = async <R>(work: Promise<R>): Promise<R> => {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    work.then(over, over);
    while (!isOver) {
      clock.advance(1);
      await new Promise(setImmediate);
    }
    return work;
  };
  return { task, done, look: () => engine.look(task.name)! };
}

t.test('an engine that may have what was not stored gets the values and the loop that are wanted', async (t) => {
  const { task, done, look } = placed();
  await done(task.load({ revision: 1, graph: TONE, media: {} }));
  await done(task.command('set', { changes: [{ instance: 'gain', parameter: 'gain', value: -6 }] }));
  const looped = (await done(task.command('transport', { change: { loop: LOOP } }))) as TransportState;
  t.same(await done(task.sendValues(TONE, null, looped)), looped, 'all that it has came from here');
  t.same(look().transport.loop, LOOP);

  task.doubt();
  const after = await done(task.sendValues(TONE, null, looped));
  t.equal(after?.loop, null);
  t.equal(look().transport.loop, null);
  t.same(valuesOf(MODELS, look().graph), valuesOf(MODELS, TONE));
});

t.test(
  'a loop that comes too late is undone, also when the engine did not have it yet when it was asked',
  async (t) => {
    const { task, done, look } = placed();
    await done(task.load({ revision: 1, graph: TONE, media: {} }));
    const { transport: before } = look();
    await done(task.command('transport', { change: { loop: LOOP } }));
    task.doubt();
    await done(task.sendValues(TONE, null, before));
    t.equal(look().transport.loop, null);
  },
);

t.test('a doubt that comes while values are on their way is not forgotten', async (t) => {
  const { task, done, look } = placed();
  const { transport } = await done(task.load({ revision: 1, graph: TONE, media: {} }));
  task.doubt();
  const sending = task.sendValues(TONE, null, transport);
  task.doubt();
  await done(sending);
  await done(task.command('set', { changes: [{ instance: 'gain', parameter: 'gain', value: -6 }] }));
  await done(task.sendValues(TONE, null, transport));
  t.same(valuesOf(MODELS, look().graph), valuesOf(MODELS, TONE));
});

t.test('a task is loaded where it stood, with its loop', async (t) => {
  const { task, done, look } = placed();
  const standing = { positionSeconds: 1.5, loop: LOOP };
  const state = await done(task.load({ revision: 1, graph: TONE, media: {}, standing }));
  t.same(state.transport, look().transport);
  t.equal(look().transport.positionFrames, 72_000);
  t.same(look().transport.loop, LOOP);
});

t.test('what the engine told of a revision since is not undone by the answer that brought it', async (t) => {
  const { task, done, look } = placed();
  await done(task.load({ revision: 1, graph: TONE, media: {} }));
  await done(task.command('transport', { change: { play: true } }));
  const answer = await done(task.command('edit', { revision: 2, edits: [], media: {} }));
  t.equal(answer.transport?.playing, true);
  const stopped = { ...look(), state: 'ready' as const, transport: { ...look().transport, playing: false } };
  task.observeTold(stopped as never);
  task.observeAnswer(answer);
  t.equal(task.state?.transport?.playing, false, 'it stopped by itself while the edit was stored');
  const next = await done(task.command('edit', { revision: 3, edits: [], media: {} }));
  task.observeAnswer(next);
  t.equal(task.state?.revision, 3);
});

t.test('what the engine told of its transport since is not undone by the answer to its change', async (t) => {
  const { task, done, look } = placed();
  const loaded = await done(task.load({ revision: 1, graph: TONE, media: {} }));
  task.observe(loaded);
  const answer = (await done(task.command('transport', { change: { play: true } }))) as TransportState;
  task.observeTold({ ...loaded, transport: { ...look().transport, playing: false } });
  task.observeTransportAnswer(answer);
  t.equal(task.state?.transport?.playing, false, 'it stopped by itself while the play was stored');
  const next = (await done(task.command('transport', { change: { play: true } }))) as TransportState;
  task.observeTransportAnswer(next);
  t.equal(task.state?.transport?.playing, true, 'of an engine that told nothing the answer counts');
});
