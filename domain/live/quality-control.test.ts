import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { QualityControl, qualitySteps } from './quality-control.ts';

const well = { packets: 100, lost: 0, late: 0, bufferMs: 100 };
const badly = { packets: 90, lost: 10, late: 0, bufferMs: 0 };

t.test('quality: the steps below what was asked for', async (t) => {
  const rates = (steps: { bitRate?: number }[]) => steps.map(({ bitRate }) => bitRate);
  t.same(rates(qualitySteps({ format: 'flac24' })), [undefined, 160_000, 96_000, 48_000, 24_000]);
  t.same(rates(qualitySteps({ format: 'opus' })), [undefined, 96_000, 48_000, 24_000], '128000 when nothing is said');
  t.same(rates(qualitySteps({ format: 'opus', bitRate: 16_000 })), [16_000]);
});

t.test('quality: goes down by lag and by loss, and up only after it was well for long', async (t) => {
  const clock = new VirtualClock(1e12);
  const control = new QualityControl({ format: 'flac24' }, clock);
  const pass = (ms: number) => clock.advance(ms);
  t.equal(control.sent(100), false);
  t.equal(control.sent(400), true, 'the link is slow');
  t.equal(control.quality.bitRate, 160_000);
  t.equal(control.sent(400), false, 'the step has time to help');
  await pass(1_600);
  t.equal(control.heard(badly), true, 'the client loses packets');
  t.equal(control.quality.bitRate, 96_000);
  await pass(9_000);
  t.equal(control.heard(well), false);
  await pass(2_000);
  t.equal(control.heard(well), true, 'well for ten seconds');
  t.same([control.quality.bitRate, control.isUp], [160_000, true]);
  await pass(3_000);
  t.equal(control.sent(500), true, 'it was too much');
  await pass(11_000);
  t.equal(control.sent(0), false, 'so the next try waits for longer');
  await pass(10_000);
  t.equal(control.sent(0), true);
  for (let i = 0; i < 10; i++) {
    await pass(2_000);
    control.sent(1_000);
  }
  t.equal(control.quality.bitRate, 24_000, 'there is an end');
});

t.test('quality: goes down by what is under way, and not further while that becomes less', async (t) => {
  const clock = new VirtualClock(1e12);
  const control = new QualityControl({ format: 'flac24' }, clock);
  const says = async (lagMs: number, isDraining = false) => {
    await clock.advance(500);
    return control.arrived({ lagMs, isDraining });
  };
  t.equal(await says(100), false);
  t.equal(control.metersMs, 0, 'all meters');
  t.equal(await says(2_000), false, 'a machine may have stood still');
  t.equal(control.metersMs, 1_000, 'some, while something is late');
  t.equal(await says(0), false);
  t.equal(await says(400), false);
  t.equal(await says(900), true, 'the link is slow');
  t.equal(control.quality.bitRate, 160_000);
  t.equal(await says(1_400), false, 'the step has time to help');
  t.equal(await says(1_900), false);
  t.equal(await says(2_400), true, 'it did not');
  t.equal(control.quality.bitRate, 96_000);
  for (let i = 0; i < 30; i++) t.equal(await says(2_900, true), false, 'what was sent before is on its way');
  for (let i = 0; i < 19; i++) t.equal(await says(0), false, 'from then on it is well');
  t.equal(control.metersMs, 250, 'more of them');
  t.equal(await says(0), true, 'for ten seconds');
  t.same([control.quality.bitRate, control.isUp], [160_000, true]);
});

t.test('quality: who tells twice a second is judged by the whole second', async (t) => {
  const clock = new VirtualClock(1e12);
  const control = new QualityControl({ format: 'opus' }, clock);
  const says = async (late: number) => {
    await clock.advance(500);
    return control.heard({ packets: 25, lost: 0, late, bufferMs: 0 });
  };
  t.same([await says(1), await says(0)], [false, false], 'one late packet of fifty');
  t.same([await says(1), await says(1)], [false, true], 'two of them');
});
