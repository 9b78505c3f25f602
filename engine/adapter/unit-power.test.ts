import fc from 'fast-check';
import t from 'tap';
import { isPowered, phaseEndMs, powerStep, type UnitPower } from './unit-power.ts';

const TIMES = { warmUpMs: 10_000, coolDownMs: 5_000 };
const OFF: UnitPower = { phase: 'off', sinceMs: 0 };
const step = (power: UnitPower, isWanted: boolean, isConfirmed: boolean, nowMs: number) =>
  powerStep(power, isWanted, isConfirmed, TIMES, nowMs);

t.test('power that is wanted is not there before it is confirmed, and not on before it is warm', async (t) => {
  const asked = step(OFF, true, false, 100);
  t.same(asked, { phase: 'powering-up', sinceMs: 100 });
  t.equal(isPowered(asked), false);
  const confirmed = step(asked, true, true, 200);
  t.same([confirmed.phase, phaseEndMs(confirmed, TIMES)], ['warming-up', 10_200]);
  t.equal(step(confirmed, true, true, 10_199), confirmed);
  t.equal(step(confirmed, true, true, 10_200).phase, 'on');
});

t.test('a unit that loses its power cools down, and warms up again for the whole time', async (t) => {
  const lost = step({ phase: 'on', sinceMs: 0 }, true, false, 20_000);
  t.same([lost.phase, phaseEndMs(lost, TIMES)], ['cooling-down', 25_000]);
  t.equal(step(lost, true, false, 24_999), lost);
  t.equal(step(lost, true, false, 25_000).phase, 'powering-up');
  t.equal(step(lost, false, false, 25_000).phase, 'off');
  t.same(step(lost, true, true, 21_000), { phase: 'warming-up', sinceMs: 21_000 });
});

t.test('without times it is on, and off, as soon as that is confirmed', async (t) => {
  const none = { warmUpMs: 0, coolDownMs: 0 };
  t.equal(powerStep(OFF, true, true, none, 1).phase, 'on');
  t.equal(powerStep({ phase: 'on', sinceMs: 0 }, false, false, none, 1).phase, 'off');
});

t.test('whatever happens, on means confirmed without a gap for the whole warm-up', async (t) => {
  const happenings = fc.array(fc.tuple(fc.integer({ min: 1, max: 4_000 }), fc.boolean(), fc.boolean()), {
    maxLength: 40,
  });
  const property = fc.property(happenings, (list) => {
    let power = OFF;
    let nowMs = 0;
    let confirmedSinceMs: number | undefined;
    return list.every(([afterMs, isWanted, isConfirmed]) => {
      nowMs += afterMs;
      if (!isConfirmed) confirmedSinceMs = undefined;
      else confirmedSinceMs ??= nowMs;
      power = step(power, isWanted, isConfirmed, nowMs);
      const isWarm = confirmedSinceMs !== undefined && nowMs - confirmedSinceMs >= TIMES.warmUpMs;
      return isPowered(power) === isConfirmed && (power.phase === 'on') === isWarm;
    });
  });
  const outcome = fc.check(property, { numRuns: 1_000 });
  t.notOk(outcome.failed, `seed ${outcome.seed}: ${JSON.stringify(outcome.counterexample)}`);
});
