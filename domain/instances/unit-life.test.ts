import t from 'tap';
import { lifeState } from './unit-life.ts';
import {
  isFailed,
  isReady,
  newUnitActor,
  NO_FACTS,
  type UnitActor,
  type UnitActual,
  type UnitEffect,
  type UnitEvent,
  unitActor,
} from './unit-step.ts';
import { unitWaiting } from './unit-waiting.ts';

const ON = { kind: 'power', on: true } as const;
const OFF = { kind: 'power', on: false } as const;
const values = { gainDb: [12] };
const hold: UnitEvent = { type: 'hold', hold: { holder: 'a', instance: 'preamp' }, parameters: values };
const told = (actual: Partial<UnitActual>): UnitEvent => ({
  type: 'told',
  actual: { state: 'ready', power: true, phase: 'on', parameters: { gainDb: [0] }, ...actual },
});
const WARMING = told({ phase: 'warming-up', phaseEndsMs: 10_000 });
const SENT = [{ parameter: 'gainDb', index: 0, value: 12 }];
const SET: UnitEffect = { kind: 'set', serial: 1, values: SENT };
const DELIVERED: UnitEvent = { type: 'delivered', serial: 1, taken: SENT };

function run(state: UnitActor, ...events: UnitEvent[]) {
  const effects: UnitEffect[] = [];
  for (const event of events) {
    const step = unitActor.step(state, event, 0);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}
const inUse = () => run(newUnitActor(), hold, told({}), DELIVERED, told({ parameters: { gainDb: [12] } })).state;

t.test('a unit goes through its life, and says at each step where it is and what is waited for', async (t) => {
  const seen: unknown[] = [];
  let state = newUnitActor();
  const look = (...events: UnitEvent[]) => {
    const next = run(state, ...events);
    state = next.state;
    seen.push([lifeState(state), unitWaiting('u', state)[0]?.why, next.effects[0]?.kind]);
  };
  const none = { state: 'disconnected', power: false } as const;
  look();
  look(told({ ...none, phase: 'off' }));
  look(hold);
  look({ type: 'done', effect: ON }, told({ ...none, phase: 'powering-up' }));
  look(WARMING);
  look(told({}));
  look(DELIVERED);
  look({ type: 'release' });
  t.same(seen, [
    ['disconnected', undefined, undefined],
    ['off', undefined, undefined],
    ['off', 'Its power is not confirmed yet', 'power'],
    ['powering-up', 'Its power is not confirmed yet', undefined],
    ['warming-up', 'It warms up', undefined],
    ['ready', '1 of its values are on their way', 'set'],
    ['in-use', undefined, undefined],
    ['ready', undefined, undefined],
  ]);
});

t.test('a unit that warms up has not failed, is not ready, and tells until when', async (t) => {
  const { state } = run(newUnitActor(), hold, told({ power: false, phase: 'off' }), WARMING);
  t.same([isReady(state), isFailed(state)], [false, false]);
  t.match(unitWaiting('u', state), [{ what: 'power', until: '1970-01-01T00:00:10.000Z' }]);
  const later = run(state, told({ phase: 'warming-up', phaseEndsMs: 10_040 })).state;
  t.equal(later.actual?.phaseEndsMs, 10_000, 'a rounding does not make it news');
});

t.test('a port that was there all along gets its values once the unit is warm, and all of them', async (t) => {
  const before = run(newUnitActor(), hold, told({ power: false, phase: 'off', parameters: { gainDb: [12] } })).state;
  const { state, effects } = run(before, { type: 'done', effect: ON }, WARMING, told({ parameters: { gainDb: [12] } }));
  t.same(effects, [SET], 'what it was sent while it was dead does not count');
  t.equal(isReady(run(state, DELIVERED).state), true);
});

t.test('a unit that cools down gets no power before', async (t) => {
  const cooling = told({ state: 'disconnected', power: false, phase: 'cooling-down', phaseEndsMs: 5_000 });
  const { state, effects } = run(newUnitActor(), hold, cooling);
  t.same(effects, []);
  t.match(unitWaiting('u', state), [{ what: 'power', why: /cool down/, until: '1970-01-01T00:00:05.000Z' }]);
  t.same(run(state, told({ state: 'disconnected', power: false, phase: 'off' })).effects, [ON]);
});

t.test('power that nobody wants any more is taken back, also before it was confirmed', async (t) => {
  const { state } = run(newUnitActor(), hold, told({ power: false, phase: 'off' }), { type: 'done', effect: ON });
  const idle = { type: 'told', actual: state.actual!, facts: { ...NO_FACTS, idleMs: 0 } } as const;
  const released = run(state, idle, { type: 'release' }, told({ power: false, phase: 'powering-up' }));
  const late = unitActor.step(released.state, { type: 'wake' }, unitActor.wakeAtMs(released.state)!);
  t.same(unitActor.step(late.state, { type: 'wake' }, unitActor.wakeAtMs(late.state)!).effects, [OFF]);
});

t.test('a unit whose maintenance begins loses its power, and has it again when it is over', async (t) => {
  const begun = run(inUse(), { type: 'maintenance', of: 'u' });
  t.same([begun.effects, lifeState(begun.state), isReady(begun.state)], [[OFF], 'maintenance', false]);
  t.match(unitWaiting('u', begun.state), [{ what: 'reservation', why: 'It is in maintenance' }]);
  const off = run(begun.state, { type: 'done', effect: OFF }, told({ power: false, phase: 'off' }));
  t.same(off.effects, []);
  const byHand = run(off.state, told({}), told({})).effects;
  t.same(
    byHand.filter(({ kind }) => kind === 'power'),
    [],
    'who works on it turned it on: that stays',
  );
  t.same(run(off.state, { type: 'maintenance', of: undefined }).effects, [ON]);
});

t.test('a unit on whose power somebody works loses it, gets none, and names what is in maintenance', async (t) => {
  const begun = run(inUse(), { type: 'maintenance', of: 'outlets' });
  t.same([begun.effects, lifeState(begun.state), isReady(begun.state)], [[OFF], 'maintenance', false]);
  const why = 'It has its power through outlets, which is in maintenance';
  t.match(unitWaiting('u', begun.state), [{ what: 'reservation', why }]);
  const idle = run(newUnitActor(), { type: 'maintenance', of: 'outlets' }, told({ power: false, phase: 'off' }), hold);
  t.same(idle.effects, []);
});

t.test(
  'a unit that has its safe values is asked for nothing until its lease is renewed, and then for all',
  async (t) => {
    const over = run(inUse(), told({ parameters: { gainDb: [-20] }, isLeaseOver: true }));
    t.same([over.effects, isReady(over.state)], [[], false]);
    t.match(unitWaiting('u', over.state), [{ what: 'instance', why: /safe values/ }]);
    t.same(run(over.state, told({ parameters: { gainDb: [-20] } })).effects, [{ ...SET, serial: 2 }]);
  },
);

t.test('what powers others is not touched by the values of who has the distributor', async (t) => {
  const facts = { ...NO_FACTS, owned: new Set(['power 0']) };
  const actual: UnitActual = { state: 'ready', parameters: { power: [true, true] } };
  const wanted: UnitEvent = { ...hold, parameters: { power: [false, false] } } as UnitEvent;
  const { effects } = run(newUnitActor(), { type: 'told', actual, facts }, wanted);
  t.same(effects, [{ kind: 'set', serial: 1, values: [{ parameter: 'power', index: 1, value: false }] }]);
});
