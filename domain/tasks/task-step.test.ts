import fc from 'fast-check';
import t from 'tap';
import { AudioCloudError } from '@audiocloud/api';
import type { Wake } from '../actors/actor.ts';
import {
  type Actual,
  type Desired,
  isSettled,
  newTaskActor,
  type TaskActor,
  type TaskActorEvent,
  taskActor,
  type TaskEffect,
} from './task-step.ts';

const desired: Desired = { revision: 3, isPlaying: true };
const refusal = new AudioCloudError('GRAPH_CYCLE', 'a cycle').toJSON();
const loss = new AudioCloudError('ENGINE_UNAVAILABLE', 'away').toJSON();

/** Sends events one after another at time 0; gives the last state and the effects of the last event. */
function run(state: TaskActor, ...events: (TaskActorEvent | Wake)[]) {
  let effects: TaskEffect[] = [];
  for (const event of events) ({ state, effects } = taskActor.step(state, event, 0));
  return { state, effects };
}

t.test('nothing is done while no engine is there', async (t) => {
  const { state, effects } = run(newTaskActor(desired), { type: 'wake' });
  t.same(effects, []);
  t.equal(isSettled(state), false);
});

t.test('an empty engine gets the task and then the playhead it had', async (t) => {
  const loading = run(newTaskActor(desired, 12.5), { type: 'engine-up', isLoaded: false });
  t.same(loading.effects, [{ kind: 'load' }]);
  const starting = run(loading.state, { type: 'done', actual: { revision: 3, isPlaying: false } });
  t.same(starting.effects, [{ kind: 'transport', change: { play: true, positionSeconds: 12.5 } }]);
  const playing = run(starting.state, { type: 'done', actual: { revision: 3, isPlaying: true } });
  t.same(playing.effects, []);
  t.equal(isSettled(playing.state), true);
});

t.test('the loop that a client set is set again', async (t) => {
  const loop = { startSeconds: 1, endSeconds: 2 };
  const { effects } = run(
    newTaskActor({ ...desired, loop }, 1.5),
    { type: 'engine-up', isLoaded: false },
    { type: 'done', actual: { revision: 3, isPlaying: false } },
  );
  t.same(effects, [{ kind: 'transport', change: { play: true, positionSeconds: 1.5, loop } }]);
});

t.test('an engine that went on playing is left alone', async (t) => {
  const asked = run(newTaskActor(desired), { type: 'engine-up', isLoaded: true });
  t.same(asked.effects, [{ kind: 'inspect' }]);
  const { state, effects } = run(asked.state, { type: 'done', actual: { revision: 3, isPlaying: true } });
  t.same(effects, []);
  t.equal(isSettled(state), true);
});

t.test('an engine with another revision loads the one that is wanted', async (t) => {
  const { effects } = run(
    newTaskActor(desired),
    { type: 'engine-up', isLoaded: true },
    { type: 'done', actual: { revision: 4, isPlaying: true } },
  );
  t.same(effects, [{ kind: 'load' }]);
});

t.test('a failure that may pass is tried again with growing delays', async (t) => {
  let { state } = run(newTaskActor(desired), { type: 'engine-up', isLoaded: false });
  const delays: number[] = [];
  for (let now = 0, i = 0; i < 10; i++) {
    const failed = taskActor.step(state, { type: 'failed', error: loss }, now);
    const atMs = taskActor.wakeAtMs(failed.state)!;
    delays.push(atMs - now);
    t.same(taskActor.step(failed.state, { type: 'wake' }, atMs - 1).effects, [], 'not before its time');
    now = atMs;
    const again = taskActor.step(failed.state, { type: 'wake' }, now);
    t.same(again.effects, [{ kind: 'load' }]);
    state = again.state;
  }
  t.same(delays, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

t.test('a refusal waits for a change of the task', async (t) => {
  const { state, effects } = run(
    newTaskActor(desired),
    { type: 'engine-up', isLoaded: false },
    { type: 'failed', error: refusal },
  );
  t.same(effects, []);
  t.same(state.error, refusal);
  t.equal(taskActor.wakeAtMs(state), undefined);
  t.same(taskActor.step(state, { type: 'wake' }, 1e9).effects, []);
  const mended = run(state, { type: 'hold' }, { type: 'settle', desired: { ...desired, revision: 4 } });
  t.same(mended.effects, [{ kind: 'load' }]);
  t.equal(mended.state.error, null);
});

t.test('a refusal is forgotten when somebody needs the task', async (t) => {
  const { effects } = run(
    newTaskActor(desired),
    { type: 'engine-up', isLoaded: false },
    { type: 'failed', error: refusal },
    { type: 'retry' },
  );
  t.same(effects, [{ kind: 'load' }]);
});

t.test('while a request is held nothing is repaired, and what the engine says is left to its answer', async (t) => {
  const stopped = { ...desired, isPlaying: false };
  const { state } = run(
    newTaskActor(stopped),
    { type: 'engine-up', isLoaded: true },
    { type: 'done', actual: { revision: 3, isPlaying: false } },
    { type: 'hold' },
  );
  const heard = run(state, { type: 'actual', actual: { revision: 3, isPlaying: true } });
  t.same(heard.effects, []);
  const settled = run(heard.state, { type: 'settle', desired, actual: { revision: 3, isPlaying: true } });
  t.same(settled.effects, []);
  t.equal(isSettled(settled.state), true);
});

t.test('what waits behind a request is decided anew when that is settled', async (t) => {
  const loop = { startSeconds: 1, endSeconds: 2 };
  const { state, effects } = run(
    newTaskActor({ ...desired, loop }, 4),
    { type: 'engine-up', isLoaded: false },
    { type: 'done', actual: { revision: 3, isPlaying: false } },
  );
  t.match(effects, [{ kind: 'transport', change: { loop } }]);
  const hold: TaskActorEvent = { type: 'hold' };
  t.equal(taskActor.forgets?.(hold), true, 'it does not begin');
  const settled = run(state, hold, { type: 'settle', desired });
  t.same(settled.effects, [{ kind: 'transport', change: { play: true, positionSeconds: 4 } }], 'without the loop');
  const stopped = run(state, hold, { type: 'settle', desired: { ...desired, isPlaying: false } });
  t.same(stopped.effects, []);
});

t.test('what nobody knows after a request is asked for, also when the next one has an outcome', async (t) => {
  const { state } = run(
    newTaskActor(desired),
    { type: 'engine-up', isLoaded: true },
    { type: 'done', actual: { revision: 3, isPlaying: true } },
    { type: 'hold' },
    { type: 'settle', desired, actual: { revision: -1, isPlaying: false } },
  );
  const { effects } = run(
    state,
    { type: 'hold' },
    { type: 'settle', desired, actual: { revision: 3, isPlaying: true } },
  );
  t.same(effects, [{ kind: 'inspect' }]);
});

t.test('an engine that went and came back during a request has nothing of what that request saw there', async (t) => {
  const { state } = run(
    newTaskActor(desired),
    { type: 'engine-up', isLoaded: true },
    { type: 'done', actual: { revision: 3, isPlaying: true } },
    { type: 'hold' },
    { type: 'engine-down' },
    { type: 'engine-up', isLoaded: false },
  );
  const later: Desired = { revision: 4, isPlaying: true };
  const settled = run(state, { type: 'settle', desired: later, actual: { revision: 4, isPlaying: true } });
  t.same(settled.effects, [{ kind: 'load' }]);
  const next = run(settled.state, { type: 'done', actual: { revision: 4, isPlaying: true } }, { type: 'hold' });
  const last = { revision: 5, isPlaying: true };
  const after = run(next.state, { type: 'settle', desired: last, actual: last });
  t.equal(isSettled(after.state), true, 'the next request is believed again');
});

t.test('a task that moved is on an engine that is there, whatever became of the one before meanwhile', async (t) => {
  const { state } = run(
    newTaskActor(desired),
    { type: 'engine-up', isLoaded: true },
    { type: 'done', actual: { revision: 3, isPlaying: true } },
    { type: 'hold' },
    { type: 'engine-down' },
    { type: 'moved', actual: { revision: 3, isPlaying: true } },
  );
  const { state: settled, effects } = run(state, { type: 'settle', desired, actual: { revision: 3, isPlaying: true } });
  t.same(effects, []);
  t.equal(isSettled(settled), true);
});

t.test('an answer that is older than what the engine said meanwhile does not count', async (t) => {
  const asked = run(newTaskActor(desired), { type: 'engine-up', isLoaded: true });
  t.same(asked.effects, [{ kind: 'inspect' }]);
  const late = run(asked.state, { type: 'actual', actual: { revision: 3, isPlaying: false } });
  const again = run(late.state, { type: 'done', actual: { revision: 3, isPlaying: true } });
  t.same(again.effects, [{ kind: 'inspect' }], 'it is asked again');
  t.same(run(again.state, { type: 'done', actual: { revision: 3, isPlaying: true } }).effects, []);
});

t.test('a task that stops by itself is not started again', async (t) => {
  const { state, effects } = run(
    newTaskActor(desired),
    { type: 'engine-up', isLoaded: true },
    { type: 'done', actual: { revision: 3, isPlaying: true } },
    { type: 'actual', actual: { revision: 3, isPlaying: false } },
  );
  t.same(effects, [{ kind: 'ended' }]);
  t.equal(state.desired.isPlaying, false);
  t.equal(isSettled(state), true);
});

const waits = [{ what: 'power' as const, id: 'a:b:c', why: 'Its power is not confirmed yet', retries: 0 }];
const units = { preamp: 'a:b:c' };
const playing = { revision: 3, isPlaying: true };
const stopped = { revision: 3, isPlaying: false };

t.test('a task whose hardware is not there is loaded, stores what it has, and plays when it may', async (t) => {
  const waiting = run(
    newTaskActor(desired, 4),
    { type: 'granted', grant: { units, waits } },
    { type: 'engine-up', isLoaded: false },
    { type: 'done', actual: stopped },
  );
  t.same(waiting.effects, [{ kind: 'keep', units }]);
  const kept = run(waiting.state, { type: 'kept', units });
  t.same(kept.effects, []);
  t.equal(isSettled(kept.state), true, 'the engine has nothing left to do');
  const granted = run(kept.state, { type: 'granted', grant: { units, waits: [] } });
  t.same(granted.effects, [{ kind: 'transport', change: { play: true, positionSeconds: 4 } }]);
});

t.test('a task stops when its hardware goes, and only then stores that it has other units', async (t) => {
  const { state } = run(
    newTaskActor(desired, 0, units),
    { type: 'granted', grant: { units, waits: [] } },
    { type: 'engine-up', isLoaded: true },
    { type: 'done', actual: playing },
  );
  const other = { preamp: 'a:b:d' };
  const lost = run(state, { type: 'granted', grant: { units: other, waits } });
  t.same(lost.effects, [{ kind: 'transport', change: { play: false } }]);
  const replaced = run(lost.state, { type: 'done', actual: stopped });
  t.same(replaced.effects, [{ kind: 'keep', units: other }]);
  t.equal(replaced.state.desired.isPlaying, true, 'it is still to play');
});

t.test('a task that is not to play gives its units back when it does not play any more', async (t) => {
  const { state } = run(
    newTaskActor(desired, 0, units),
    { type: 'granted', grant: { units, waits: [] } },
    { type: 'engine-up', isLoaded: true },
    { type: 'done', actual: playing },
    { type: 'hold' },
  );
  // The engine stopped and the answer was lost: nobody knows.
  const unknown = run(state, {
    type: 'settle',
    desired: { ...desired, isPlaying: false },
    actual: { revision: -1, isPlaying: false },
  });
  t.same(unknown.effects, [{ kind: 'inspect' }]);
  const still = run(unknown.state, { type: 'done', actual: playing });
  t.same(still.effects, [{ kind: 'transport', change: { play: false } }]);
  const over = run(still.state, { type: 'done', actual: stopped });
  t.same(over.effects, [{ kind: 'release' }]);
});

t.test('whatever happens, the task converges once the faults end', async (t) => {
  const events = fc.array(
    fc.oneof(
      fc.constant('engine-down'),
      fc.constant('engine-up'),
      fc.constant('answer'),
      fc.constant('lose'),
      fc.constant('wake'),
      fc.record({
        revision: fc.integer({ min: 1, max: 5 }),
        isPlaying: fc.boolean(),
      }),
    ),
    { maxLength: 60 },
  );
  const property = fc.property(events, (list) => {
    /** An engine that does what it is told. */
    let engine: Actual | null = null;
    let state = newTaskActor({ revision: 1, isPlaying: false });
    let open: TaskEffect | undefined;
    let now = 0;
    const send = (event: TaskActorEvent | Wake) => {
      const step = taskActor.step(state, event, now);
      state = step.state;
      for (const effect of step.effects) if (effect.kind !== 'ended') open = effect;
    };
    const answer = () => {
      const effect = open;
      open = undefined;
      if (!effect || !engine) return;
      if (effect.kind === 'load') engine = { revision: state.desired.revision, isPlaying: false };
      if (effect.kind === 'transport') engine = { ...engine, isPlaying: effect.change.play! };
      send({ type: 'done', actual: engine });
    };
    const up = () => {
      engine = { revision: 0, isPlaying: false };
      open = undefined;
      send({ type: 'engine-up', isLoaded: false });
    };
    for (const event of list) {
      now += 100;
      if (event === 'engine-down') {
        engine = null;
        open = undefined;
        send({ type: 'engine-down' });
      } else if (event === 'engine-up') up();
      else if (event === 'answer') answer();
      else if (event === 'wake') send({ type: 'wake' });
      else if (event === 'lose') {
        if (open) {
          open = undefined;
          send({ type: 'failed', error: loss });
        }
      } else if (typeof event === 'object') {
        // What waits behind a request does not begin.
        open = undefined;
        send({ type: 'hold' });
        send({ type: 'settle', desired: event });
      }
    }
    up();
    for (let i = 0; i < 6; i++) answer();
    return isSettled(state);
  });
  const outcome = fc.check(property, { numRuns: 500 });
  t.notOk(outcome.failed, `seed ${outcome.seed}: ${JSON.stringify(outcome.counterexample)}`);
});
