import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import type { Actor } from './actor.ts';
import { ActorRuntime } from './actor-runtime.ts';

interface State {
  seen: string[];
  dueMs?: number;
}
type Event =
  | { type: 'do'; effects: string[] }
  | { type: 'due'; atMs: number }
  | { type: 'came'; what: string }
  | { type: 'loss' };

/** Notes what comes. An effect is `lane:name`, one without a lane runs at once. */
const notes: Actor<State, Event, string> = {
  step(state, event, nowMs) {
    if (event.type === 'do') return { state, effects: event.effects };
    if (event.type === 'due') return { state: { ...state, dueMs: event.atMs }, effects: [] };
    const what = event.type === 'came' ? event.what : event.type;
    return { state: { seen: [...state.seen, `${what}@${nowMs}`] }, effects: [] };
  },
  wakeAtMs: ({ dueMs }) => dueMs,
  laneOf: (effect) => (effect.includes(':') ? effect.split(':')[0] : undefined),
  forgets: ({ type }) => type === 'loss',
};

function runtimeOf(clock = new VirtualClock(1_000)) {
  const open = new Map<string, PromiseWithResolvers<void>>();
  const begun: string[] = [];
  const runtime = new ActorRuntime<State, Event, string>({
    actor: notes,
    state: { seen: [] },
    clock,
    async run(effect) {
      begun.push(effect);
      const outcome = Promise.withResolvers<void>();
      open.set(effect, outcome);
      await outcome.promise;
      return { type: 'came', what: effect };
    },
    failed: (effect, { code }) => ({ type: 'came', what: `${effect} ${code}` }),
  });
  const end = async (effect: string, error?: Error) => {
    if (error) open.get(effect)!.reject(error);
    else open.get(effect)!.resolve();
    await new Promise(setImmediate);
  };
  return { clock, runtime, begun, end };
}

t.test('effects of one lane follow each other, those of others run beside them', async (t) => {
  const { runtime, begun, end } = runtimeOf();
  runtime.send({ type: 'do', effects: ['a:1', 'a:2', 'b:1', 'now'] });
  t.same(begun, ['now'], 'at once');
  await new Promise(setImmediate);
  t.same(begun, ['now', 'a:1', 'b:1']);
  t.equal(runtime.isIdle, false);
  await end('b:1');
  await end('a:1');
  t.same(begun, ['now', 'a:1', 'b:1', 'a:2']);
  await end('a:2', new Error('no'));
  await end('now');
  t.same(runtime.state.seen, ['b:1@1000', 'a:1@1000', 'a:2 INTERNAL@1000', 'now@1000']);
  t.equal(runtime.isIdle, true);
});

t.test('work in a lane waits for the effects before it, and they for it', async (t) => {
  const { runtime, begun, end } = runtimeOf();
  runtime.send({ type: 'do', effects: ['a:1'] });
  const gate = Promise.withResolvers<void>();
  const work = runtime.inLane('a', async () => {
    begun.push('work');
    await gate.promise;
    throw new Error('refused');
  });
  runtime.send({ type: 'do', effects: ['a:2'] });
  await new Promise(setImmediate);
  t.same(begun, ['a:1']);
  await end('a:1');
  t.same(begun, ['a:1', 'work']);
  gate.resolve();
  await t.rejects(work, { message: 'refused' });
  await new Promise(setImmediate);
  t.same(begun, ['a:1', 'work', 'a:2'], 'what failed holds nobody up');
});

t.test('what was begun before an event that forgets does not count, what waited does not begin', async (t) => {
  const { runtime, begun, end } = runtimeOf();
  runtime.send({ type: 'do', effects: ['a:1', 'a:2'] });
  await new Promise(setImmediate);
  runtime.send({ type: 'loss' });
  await end('a:1');
  t.same(begun, ['a:1']);
  t.same(runtime.state.seen, ['loss@1000']);
});

t.test('one timer for what is due next, once for each time that is named', async (t) => {
  const { clock, runtime } = runtimeOf();
  t.equal(clock.timers, 0, 'none at rest');
  runtime.send({ type: 'due', atMs: 5_000 });
  runtime.send({ type: 'due', atMs: 2_000 });
  t.equal(clock.timers, 1);
  clock.advance(999);
  t.same(runtime.state.seen, []);
  clock.advance(1);
  t.same(runtime.state.seen, ['wake@2000']);
  t.equal(clock.timers, 0);
});

t.test('a clock that jumps back does not put off what is due', async (t) => {
  const { clock, runtime } = runtimeOf();
  runtime.send({ type: 'due', atMs: 2_000 });
  clock.jump(-500);
  clock.advance(1_000);
  t.same(runtime.state.seen, ['wake@2000'], 'after a second, at the time it was promised for');
});

t.test('what follows from it by a delay is not put off either', async (t) => {
  const clock = new VirtualClock(1_000);
  const seen: number[] = [];
  const every: Actor<{ atMs: number }, { type: 'none' }, never> = {
    step(_, __, nowMs) {
      seen.push(nowMs);
      return { state: { atMs: nowMs + 100 }, effects: [] };
    },
    wakeAtMs: ({ atMs }) => atMs,
    laneOf: () => undefined,
  };
  new ActorRuntime({ actor: every, state: { atMs: 1_100 }, clock, run: () => undefined, failed: () => undefined });
  clock.jump(-500);
  clock.advance(300);
  t.same(seen, [1_100, 1_200, 1_300]);
});

t.test('after the end nothing begins, counts or is due, and nobody waits', async (t) => {
  const { clock, runtime, begun, end } = runtimeOf();
  runtime.send({ type: 'due', atMs: 2_000 });
  runtime.send({ type: 'do', effects: ['a:1', 'a:2'] });
  await new Promise(setImmediate);
  const next = runtime.next();
  const ended = runtime.end();
  await next;
  await end('a:1');
  await ended;
  t.same([begun, runtime.state.seen, clock.timers], [['a:1'], [], 0]);
});
