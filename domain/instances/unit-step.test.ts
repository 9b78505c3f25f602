import { AudioCloudError, type Value } from '@audiocloud/api';
import fc from 'fast-check';
import t from 'tap';
import type { Wake } from '../actors/actor.ts';
import {
  isFailed,
  isReady,
  newUnitActor,
  NO_FACTS,
  STOP_MS,
  type UnitActor,
  type UnitActual,
  type UnitEffect,
  type UnitEvent,
  unitActor,
  type Values,
  WAKE_UP_MS,
} from './unit-step.ts';
import { unitWaiting } from './unit-waiting.ts';

const values: Values = { gainDb: [12], trimDb: [1, 2] };
const hold = (holder = 'a', parameters = values): UnitEvent => ({
  type: 'hold',
  hold: { holder, instance: 'preamp' },
  parameters,
});
const told = (actual: Partial<UnitActual>): UnitEvent => ({
  type: 'told',
  actual: { state: 'disconnected', parameters: {}, ...actual },
});
const READY = told({ state: 'ready', power: true, parameters: { gainDb: [0], trimDb: [0, 2] } });
const refusal = new AudioCloudError('ADAPTER_FAILED', 'no answer').toJSON();

/** Sends events one after another at one time; gives the last state and all effects. */
function run(state: UnitActor, nowMs: number, ...events: (UnitEvent | Wake)[]) {
  const effects: UnitEffect[] = [];
  for (const event of events) {
    const step = unitActor.step(state, event, nowMs);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}
const done = (effect: UnitEffect): UnitEvent =>
  effect.kind === 'power'
    ? { type: 'done', effect }
    : { type: 'delivered', serial: effect.serial, taken: effect.values };
const refused = (effect: UnitEffect): UnitEvent =>
  effect.kind === 'power'
    ? { type: 'failed', error: refusal }
    : { type: 'delivered', serial: effect.serial, taken: [], error: refusal };
const whatOf = (state: UnitActor) => unitWaiting('u', state).map(({ what }) => what);

/** A unit that a task has, ready and in step. */
function ready() {
  const { state, effects } = run(newUnitActor(), 0, hold(), told({ power: true }), READY);
  return run(state, 0, done(effects.at(-1)!)).state;
}

t.test('nothing is asked of a unit that nobody wants', async (t) => {
  const { state, effects } = run(newUnitActor(), 0, told({ power: false }), { type: 'wake' });
  t.same(effects, []);
  t.same(unitWaiting('u', state), []);
  t.equal(unitActor.wakeAtMs(state), undefined, 'no timer');
});

t.test('power comes first and has to be confirmed, then the values that differ, then it is ready', async (t) => {
  const on: UnitEffect = { kind: 'power', on: true };
  const asked = run(newUnitActor(), 0, told({ power: false }), hold());
  t.same(asked.effects, [on]);
  t.same(whatOf(asked.state), ['power']);
  const unconfirmed = run(asked.state, 10, done(on));
  t.same(unconfirmed.effects, []);
  t.same([isReady(unconfirmed.state), whatOf(unconfirmed.state)], [false, ['power']]);
  const silent = run(unconfirmed.state, 20, told({ power: true }));
  t.same([isReady(silent.state), isFailed(silent.state), whatOf(silent.state)], [false, false, ['instance']]);
  const connected = run(silent.state, 30, READY);
  t.same(connected.effects, [
    {
      kind: 'set',
      serial: 1,
      values: [
        { parameter: 'gainDb', index: 0, value: 12 },
        { parameter: 'trimDb', index: 0, value: 1 },
      ],
    },
  ]);
  t.same([isReady(connected.state), whatOf(connected.state)], [false, ['parameters']]);
  const { state, effects } = run(connected.state, 40, done(connected.effects[0]!));
  t.same(effects, []);
  t.same([isReady(state), unitWaiting('u', state)], [true, []]);
});

t.test('a unit whose power is not switched needs none', async (t) => {
  const { state } = run(
    newUnitActor(),
    0,
    told({ state: 'ready', parameters: { gainDb: [12], trimDb: [1, 2] } }),
    hold(),
  );
  t.equal(isReady(state), true);
});

t.test('power that is not confirmed is asked for again, and counted', async (t) => {
  let { state } = run(newUnitActor(), 0, told({ power: false }), hold());
  let asked = 1;
  for (let i = 0; i < 3; i++) {
    state = run(state, 0, done({ kind: 'power', on: true })).state;
    for (let step = 0; step < 2; step++) {
      const atMs = unitActor.wakeAtMs(state)!;
      const next = unitActor.step(state, { type: 'wake' }, atMs);
      state = next.state;
      asked += next.effects.length;
    }
  }
  t.equal(asked, 4);
  t.match(unitWaiting('u', state), [{ what: 'power', retries: 3, error: { code: 'FIXED_INSTANCE_UNAVAILABLE' } }]);
  t.equal(isFailed(state), true, 'another will do as well');
});

const set = (gainDb: Value): UnitEvent => ({ type: 'set', parameters: { gainDb: [gainDb] }, by: 'a' });
const gain = (serial: number, value: Value): UnitEffect & { kind: 'set' } => ({
  kind: 'set',
  serial,
  values: [{ parameter: 'gainDb', index: 0, value }],
});

t.test(
  'values that are set live are sent at once, also while one is on its way, and the unit stays ready',
  async (t) => {
    const { state, effects } = run(ready(), 0, set(1), set(2), set(2));
    t.same(effects, [gain(2, 1), gain(3, 2)]);
    t.equal(isReady(state), true);
    const older = run(state, 0, done(effects[0]!));
    t.same(older.effects, []);
    t.same(older.state.confirmed['gainDb'], [12], 'an older value does not count while a newer one is on its way');
    const { state: all } = run(older.state, 0, done(effects[1]!));
    t.same([all.confirmed['gainDb'], all.sending], [[2], []]);
  },
);

t.test('a value that comes back while its last one is still on its way is sent again', async (t) => {
  const { state, effects } = run(ready(), 0, set(1), set(2), set(1));
  t.same(effects, [gain(2, 1), gain(3, 2), gain(4, 1)]);
  const replaced: UnitEvent = { type: 'delivered', serial: 2, taken: [] };
  t.same(run(state, 0, replaced, done(effects[1]!), done(effects[2]!)).state.confirmed['gainDb'], [1]);
});

t.test('one value fails, the others are there, and only that one is tried again', async (t) => {
  const { state, effects } = run(ready(), 0, { type: 'set', parameters: { gainDb: [1], trimDb: [5, 6] }, by: 'a' });
  const [{ serial, values: sent }] = effects as [UnitEffect & { kind: 'set' }];
  t.equal(sent.length, 3);
  const part = run(state, 0, { type: 'delivered', serial, taken: sent.slice(1), error: refusal });
  t.same(part.effects, [], 'not at once');
  t.match(unitWaiting('u', part.state), [{ what: 'parameters', retries: 1, error: { code: 'ADAPTER_FAILED' } }]);
  t.same(unitActor.step(part.state, { type: 'wake' }, unitActor.wakeAtMs(part.state)!).effects, [gain(serial + 1, 1)]);
});

t.test('a unit that comes back gets what it forgot, and is ready after that', async (t) => {
  const lost = run(ready(), 0, told({ power: true }));
  t.same([isReady(lost.state), isFailed(lost.state)], [false, true]);
  const back = run(lost.state, 0, READY);
  t.equal(isReady(back.state), false);
  t.equal(back.effects.length, 1);
  t.equal(isReady(run(back.state, 0, done(back.effects[0]!)).state), true);
});

t.test('a unit whose engine goes waits for one, and what was on its way does not count', async (t) => {
  const { state } = run(ready(), 0, { type: 'away' });
  t.same([isReady(state), whatOf(state)], [false, ['instance']]);
  t.equal(unitActor.forgets!({ type: 'away' }), true);
  t.equal(run(state, 0, READY).effects.length, 1, 'its values are sent again');
});

t.test('what the unit refuses is tried again with back-off', async (t) => {
  const begun = run(ready(), 0, told({ power: true }), READY);
  let { state } = begun;
  let [effect] = begun.effects;
  const delays: number[] = [];
  for (let nowMs = 0, i = 0; i < 4; i++) {
    state = run(state, nowMs, refused(effect!)).state;
    const atMs = unitActor.wakeAtMs(state)!;
    delays.push(atMs - nowMs);
    nowMs = atMs;
    const again = unitActor.step(state, { type: 'wake' }, nowMs);
    t.equal(again.effects.length, 1);
    state = again.state;
    [effect] = again.effects;
  }
  t.same(delays, [250, 500, 1000, 2000]);
});

t.test('who has a unit next waits for its own values', async (t) => {
  const given = run(ready(), 0, { type: 'release' }, hold('b', { ...values, gainDb: [3] }));
  t.equal(isReady(given.state), false);
  t.same(given.effects, [gain(2, 3)]);
  const same = run(ready(), 0, hold('a', { ...values, gainDb: [3] }));
  t.equal(isReady(same.state), true, 'new values of the same task hold nothing back');
});

t.test('what is held until a time ends then, and power some time later, by themselves', async (t) => {
  const leased = run(ready(), 0, {
    type: 'hold',
    hold: { holder: 'a', instance: 'p', untilMs: 500 },
    parameters: values,
  });
  t.equal(unitActor.wakeAtMs(leased.state), 500);
  const free = run(leased.state, 500, { type: 'wake' });
  t.equal(free.state.hold, undefined);
  t.same(free.effects, [], 'who plays again soon need not wait');
  t.equal(unitActor.wakeAtMs(free.state), 500 + NO_FACTS.idleMs);
  t.same(run(free.state, 500 + NO_FACTS.idleMs, { type: 'wake' }).effects, [{ kind: 'power', on: false }]);
});

t.test('a unit with power that does not answer in time has failed', async (t) => {
  const { state } = run(newUnitActor(), 0, told({ power: false }), hold(), told({ power: true }));
  t.equal(isFailed(state), false);
  t.equal(unitActor.wakeAtMs(state), WAKE_UP_MS);
  t.equal(isFailed(run(state, WAKE_UP_MS, { type: 'wake' }).state), true);
});

const TAPE_FACTS = {
  ...NO_FACTS,
  owned: new Set(['transport 0']),
  tape: {
    ...{ lengthSeconds: 2400, parameter: 'transport', stop: 'stop', run: 'record', rewind: 'start' },
    ...{ position: 'position', state: 'playState', idle: 'idle', running: 'playing' },
  },
};
const tapeTold = (doing: 'idle' | 'running' | 'busy', transport: string): UnitEvent => ({
  type: 'told',
  actual: {
    ...{ state: 'ready', power: true, parameters: { transport: [transport] } },
    tape: { positionSeconds: 10, doing },
  },
  facts: TAPE_FACTS,
});
const transport = (serial: number, value: string): UnitEffect & { kind: 'set' } => ({
  kind: 'set',
  serial,
  values: [{ parameter: 'transport', index: 0, value }],
});
const OFF: UnitEffect = { kind: 'power', on: false };
const MAINTENANCE: UnitEvent = { type: 'maintenance', of: 'u' };

/** A unit whose tape runs for who has it. */
function tapeRuns() {
  const { state, effects } = run(
    newUnitActor(),
    0,
    hold('a', {}),
    tapeTold('idle', 'stop'),
    { type: 'run', isOn: true },
    done(transport(1, 'record')),
    tapeTold('running', 'record'),
  );
  t.same([effects, isReady(state)], [[transport(1, 'record')], true]);
  return state;
}

t.test('a tape that runs is told to stop, and stands, before its power goes', async (t) => {
  const told = run(tapeRuns(), 0, MAINTENANCE);
  t.same(told.effects, [transport(2, 'stop')]);
  const stopped = run(told.state, 10, done(told.effects[0]!), tapeTold('running', 'stop'));
  t.same(stopped.effects, [], 'it still runs');
  const off = run(stopped.state, 20, tapeTold('idle', 'stop'));
  t.same([off.effects, off.state.stopByMs], [[OFF], null]);
});

t.test('the same when who has it gives it back and its power ends at once', async (t) => {
  const idle = run(tapeRuns(), 0, {
    ...tapeTold('running', 'record'),
    facts: { ...TAPE_FACTS, idleMs: 0 },
  } as UnitEvent);
  const told = run(idle.state, 0, { type: 'release' });
  t.same(told.effects, [transport(2, 'stop')]);
  t.same(run(told.state, 10, done(told.effects[0]!), tapeTold('idle', 'stop')).effects, [OFF]);
});

t.test('a tape that does not stop in time, or refuses to, loses its power all the same', async (t) => {
  const told = run(tapeRuns(), 0, MAINTENANCE);
  const runs = run(told.state, 0, done(told.effects[0]!), tapeTold('running', 'stop')).state;
  t.equal(unitActor.wakeAtMs(runs), STOP_MS);
  t.same(run(runs, STOP_MS - 1, tapeTold('running', 'stop'), { type: 'wake' }).effects, []);
  t.same(run(runs, STOP_MS, { type: 'wake' }).effects, [OFF]);
  let { state } = told;
  let [effect] = told.effects;
  let nowMs = 0;
  let tries = 0;
  for (; effect?.kind === 'set' && tries < 10; tries++) {
    state = run(state, nowMs, refused(effect)).state;
    nowMs = unitActor.wakeAtMs(state)!;
    const next = run(state, nowMs, { type: 'wake' });
    state = next.state;
    [effect] = next.effects;
  }
  t.same([tries, effect, nowMs], [3, OFF, STOP_MS], 'it was told three times');
});

t.test('a tape whose power is wanted again meanwhile keeps it', async (t) => {
  const told = run(tapeRuns(), 0, MAINTENANCE);
  const stopped = run(told.state, 0, done(told.effects[0]!), { type: 'maintenance', of: undefined });
  t.same([stopped.effects, stopped.state.stopByMs], [[], null]);
});

t.test(
  'a tape whose maintenance is called off at once is told to run behind the stop, and counts when it was told',
  async (t) => {
    const stop = run(tapeRuns(), 0, MAINTENANCE);
    const again = run(stop.state, 0, { type: 'maintenance', of: undefined }, { type: 'run', isOn: true });
    t.same(again.effects, [transport(3, 'record')]);
    const stopped = run(again.state, 0, done(stop.effects[0]!), tapeTold('running', 'stop'));
    t.equal(isReady(stopped.state), false, 'it is about to stop');
    t.equal(isReady(run(stopped.state, 0, done(again.effects[0]!)).state), true);
  },
);

t.test('a value is sent again while another one is on its way', async (t) => {
  const { effects } = run(ready(), 0, set(1), set(12));
  t.same(effects, [gain(2, 1), gain(3, 12)]);
});

t.test('what failed may have arrived: it is sent again, also when it is as before', async (t) => {
  const cued = run(newUnitActor(), 0, hold('a', {}), tapeTold('idle', 'stop'), { type: 'run', isOn: true });
  t.same(cued.effects, [transport(1, 'record')]);
  const late = run(cued.state, 0, refused(cued.effects[0]!), MAINTENANCE);
  t.same(late.effects, [transport(2, 'stop')]);
});

t.test('whatever happens, a unit is as it is wanted a second after the last fault', async (t) => {
  const faults = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 3_000 }),
      what: fc.constantFrom('unplug', 'plug', 'kill', 'start', 'refuse', 'lose power', 'set', 'give'),
    }),
    { maxLength: 25 },
  );
  const property = fc.property(faults, (list) => {
    let nowMs = 0;
    let agenda: { atMs: number; act: () => void }[] = [];
    let state = newUnitActor();
    let epoch = 0;
    let wakeMs: number | undefined;
    const unit = {
      isPlugged: true,
      isUp: true,
      power: false,
      refusals: 0,
      gainDb: 0 as Value,
      holder: 'a',
      wanted: 12 as Value,
    };
    const at = (ms: number, act: () => void) => agenda.push({ atMs: nowMs + ms, act });
    const isThere = () => unit.isUp && unit.isPlugged && unit.power;
    const tell = () => {
      if (!unit.isUp) return;
      const parameters = { gainDb: [unit.gainDb] };
      send(told({ state: isThere() ? 'ready' : 'disconnected', power: unit.power, parameters }));
    };
    function send(event: UnitEvent | Wake): void {
      if (event.type === 'away') epoch += 1;
      const step = unitActor.step(state, event, nowMs);
      state = step.state;
      for (const effect of step.effects) perform(effect);
      const due = unitActor.wakeAtMs(state);
      if (due === undefined || due === wakeMs) return;
      wakeMs = due;
      at(Math.max(0, due - nowMs), () => {
        if (wakeMs === due) send({ type: 'wake' });
      });
    }
    function perform(effect: UnitEffect): void {
      const begun = epoch;
      at(10, () => {
        if (begun !== epoch) return;
        const isRefused = unit.refusals > 0 || (effect.kind === 'set' && !isThere());
        if (unit.refusals > 0) unit.refusals -= 1;
        if (isRefused) return send(refused(effect));
        if (effect.kind === 'set') unit.gainDb = effect.values[0]!.value;
        else
          at(100, () => {
            unit.power = effect.on;
            if (!effect.on) unit.gainDb = 0;
            tell();
          });
        send(done(effect));
      });
    }
    const advance = (ms: number) => {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = agenda.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (!next) break;
        agenda = agenda.filter((one) => one !== next);
        nowMs = Math.max(nowMs, next.atMs);
        next.act();
      }
      nowMs = untilMs;
    };
    const want = () => send(hold(unit.holder, { gainDb: [unit.wanted] }));
    tell();
    want();
    for (const { afterMs, what } of list) {
      advance(afterMs);
      if (what === (unit.isPlugged ? 'unplug' : 'plug')) {
        unit.isPlugged = !unit.isPlugged;
        unit.gainDb = 0;
        tell();
      } else if (what === 'kill' && unit.isUp) {
        unit.isUp = false;
        send({ type: 'away' });
      } else if (what === 'start' && !unit.isUp) {
        unit.isUp = true;
        tell();
      } else if (what === 'refuse') unit.refusals = 1;
      else if (what === 'lose power') {
        unit.power = false;
        unit.gainDb = 0;
        tell();
      } else if (what === 'set') {
        unit.wanted = Number(unit.wanted) + 1;
        send({ type: 'set', parameters: { gainDb: [unit.wanted] }, by: unit.holder });
      } else if (what === 'give') {
        unit.holder = unit.holder === 'a' ? 'b' : 'a';
        send({ type: 'release' });
        want();
      }
    }
    // The last fault ends, and a second goes by.
    unit.refusals = 0;
    Object.assign(unit, { isUp: true, isPlugged: true });
    tell();
    advance(1_000);
    return isReady(state) && unit.power && unit.gainDb === unit.wanted;
  });
  const outcome = fc.check(property, { numRuns: 1_000 });
  t.notOk(outcome.failed, `seed ${outcome.seed}: ${JSON.stringify(outcome.counterexample)}`);
});
