import { AudioCloudError } from '@audiocloud/api';
import fc from 'fast-check';
import t from 'tap';
import type { Wake } from '../actors/actor.ts';
import {
  type EngineActor,
  type EngineActorEvent,
  type EngineEffect,
  engineActor,
  LEASE_SECONDS,
  newEngineActor,
} from './engine-step.ts';

const error = new AudioCloudError('ENGINE_UNAVAILABLE', 'gone').toJSON();
type Event = EngineActorEvent | Wake;

/** An engine as seen at the time of its last event. */
function run(state: EngineActor, nowMs: number, ...events: Event[]) {
  let effects: EngineEffect[] = [];
  for (const event of events) ({ state, effects } = engineActor.step(state, event, nowMs));
  return { state, effects, wakeInMs: (engineActor.wakeAtMs(state) ?? Number.NaN) - nowMs };
}
const wanted = () => run(newEngineActor(0), 0, { type: 'want', isWanted: true });
const up = () => run(wanted().state, 1_000, { type: 'connected' });
/** Looks, one a second, with something said before each when `isAlive`. */
function looks(state: EngineActor, fromMs: number, count: number, isAlive: boolean) {
  let effects: EngineEffect[] = [];
  for (let i = 1; i <= count; i++) {
    if (isAlive) ({ state } = run(state, fromMs + 1000 * i - 1, { type: 'alive' }));
    const step = run(state, fromMs + 1000 * i, { type: 'wake' });
    state = step.state;
    effects = [...effects, ...step.effects];
  }
  return { state, effects };
}

t.test('one that is wanted is looked for, and told when it is there, with a lease', async (t) => {
  const starting = wanted();
  t.same(starting.effects, [{ kind: 'connect' }]);
  t.equal(starting.state.state, 'starting');
  t.ok(Number.isNaN(starting.wakeInMs), 'the outcome is waited for');
  const { state, effects, wakeInMs } = up();
  t.same(effects, [{ kind: 'tell-up' }]);
  t.match(state, { state: 'up', sinceMs: 1_000, leaseUntilMs: 1_000 + LEASE_SECONDS * 1000, error: null });
  t.equal(wakeInMs, 1_000);
});

t.test('what cannot be had is tried again with growing delays, and told each time', async (t) => {
  let { state } = wanted();
  const delays: number[] = [];
  for (let nowMs = 0, i = 0; i < 9; i++) {
    const failed = run(state, nowMs, { type: 'failed', error });
    t.same(failed.effects, [{ kind: 'tell-down', why: 'gone' }]);
    t.equal(failed.state.retryAtMs, nowMs + failed.wakeInMs, 'until when is known');
    delays.push(failed.wakeInMs);
    nowMs += failed.wakeInMs;
    const again = run(failed.state, nowMs, { type: 'wake' });
    t.same(again.effects, [{ kind: 'connect' }]);
    state = again.state;
  }
  t.same(delays, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
});

t.test('after ten seconds up the next loss is tried again at once', async (t) => {
  const short = run(looks(up().state, 1_000, 9, true).state, 12_000, { type: 'lost', error });
  t.equal(short.wakeInMs, 250);
  t.equal(run(run(short.state, 12_250, { type: 'wake' }).state, 12_300, { type: 'failed', error }).wakeInMs, 500);
  const long = run({ ...looks(up().state, 1_000, 10, true).state, failures: 7 }, 12_000, { type: 'lost', error });
  t.equal(long.wakeInMs, 250);
});

t.test('its lease is renewed every five seconds', async (t) => {
  const { state, effects } = looks(up().state, 1_000, 5, true);
  t.same(effects, [{ kind: 'renew' }]);
  const renewed = run(state, 6_100, { type: 'renewed' });
  t.equal(renewed.state.leaseUntilMs, 6_100 + LEASE_SECONDS * 1000);
  t.same(looks(renewed.state, 6_000, 5, true).effects, [{ kind: 'renew' }]);
});

t.test(
  'silence for three seconds makes it suspect and has it asked; a word clears it, no answer ends it',
  async (t) => {
    const silent = looks(up().state, 1_000, 3, false);
    t.equal(silent.state.state, 'suspect');
    t.same(silent.effects, [{ kind: 'renew' }]);
    t.equal(run(silent.state, 4_500, { type: 'alive' }).state.state, 'up');
    const ended = run(silent.state, 9_000, { type: 'unanswered' });
    t.equal(ended.state.state, 'down');
    t.match(ended.effects, [{ kind: 'abandon' }, { kind: 'tell-down', why: /did not answer in time/ }]);
    t.same(run(ended.state, 9_001, { type: 'lost', error }).effects, [], 'the end of its connection is no second loss');
  },
);

t.test('a clock that jumps makes nobody suspect', async (t) => {
  const { state } = up();
  t.equal(run(state, 1e9, { type: 'alive' }, { type: 'wake' }).state.state, 'up');
  t.equal(run(state, -1e9, { type: 'wake' }).wakeInMs, 1_000);
});

t.test('one that is wanted no longer is not tried again', async (t) => {
  const { state } = run(up().state, 2_000, { type: 'want', isWanted: false });
  const lost = run(state, 3_000, { type: 'lost', error });
  t.match(lost.state, { state: 'down', retryAtMs: null });
  t.ok(Number.isNaN(lost.wakeInMs));
  t.same(run(lost.state, 4_000, { type: 'wake' }).effects, []);
});

t.test('whatever happens, it is up again once it can be, and told up and down in turns', async (t) => {
  const events = fc.array(
    fc.constantFrom<Event>(
      { type: 'connected' },
      { type: 'failed', error },
      { type: 'alive' },
      { type: 'renewed' },
      { type: 'unanswered' },
      { type: 'lost', error },
      { type: 'wake' },
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(events, (events) => {
      let state = newEngineActor(0);
      let isToldUp = false;
      let isConnecting = false;
      const send = (event: Event, nowMs: number) => {
        // No outcome without an effect before it.
        if ((event.type === 'connected' || event.type === 'failed') && !isConnecting) return;
        if (event.type === 'connected' || event.type === 'failed') isConnecting = false;
        const step = engineActor.step(state, event, nowMs);
        state = step.state;
        for (const { kind } of step.effects) {
          if (kind === 'connect' && isConnecting) throw new Error('two at once');
          if (kind === 'connect') isConnecting = true;
          if (kind === 'tell-up' && isToldUp) throw new Error('told up twice');
          if (kind === 'tell-up') isToldUp = true;
          if (kind === 'tell-down') isToldUp = false;
        }
        if (isToldUp !== (state.state === 'up' || state.state === 'suspect')) throw new Error(`told ${isToldUp}`);
      };
      send({ type: 'want', isWanted: true }, 0);
      for (const [i, event] of events.entries()) send(event, i * 700);
      for (let i = 0, nowMs = events.length * 700; state.state !== 'up'; i++) {
        if (i > 10) throw new Error(`still ${state.state}`);
        if (isConnecting) send({ type: 'connected' }, nowMs);
        else if (state.state === 'suspect') send({ type: 'alive' }, nowMs);
        else {
          nowMs = engineActor.wakeAtMs(state)!;
          send({ type: 'wake' }, nowMs);
        }
      }
    }),
    { numRuns: 1000 },
  );
  t.pass();
});
