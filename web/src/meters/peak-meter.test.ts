import t from 'tap';
import { FLOOR_DB, PeakMeter, TOP_DB, meterTravel } from './peak-meter.ts';

const near = (a: number, b: number) => Math.abs(a - b) < 1e-9;

t.test('meter rises at once and returns 20 dB in 1.7 s', (t) => {
  const meter = new PeakMeter();
  t.equal(meter.level(0), Number.NEGATIVE_INFINITY);
  meter.hit(1, 10);
  t.equal(meter.level(10), 0);
  t.ok(near(meter.level(11.7), -20));
  meter.hit(0.1, 10.85);
  t.ok(near(meter.level(10.85), -10), 'a lower peak does not pull it down');
  meter.hit(0.1, 12);
  t.ok(near(meter.level(12), -20));
  t.equal(meter.level(30), Number.NEGATIVE_INFINITY);
  t.end();
});

t.test('peak is held 1.5 s, then returns', (t) => {
  const meter = new PeakMeter();
  meter.hit(0.5, 0);
  meter.hit(0.1, 1);
  const db = 20 * Math.log10(0.5);
  t.ok(near(meter.held(1.5), db));
  t.ok(near(meter.held(1.5 + 1.7), db - 20));
  meter.hit(2, 4);
  t.ok(near(meter.held(5), 20 * Math.log10(2)), 'a higher one takes over');
  t.end();
});

t.test('scale runs from the floor to the top', (t) => {
  t.equal(meterTravel(FLOOR_DB), 0);
  t.equal(meterTravel(TOP_DB), 1);
  t.equal(meterTravel(Number.NEGATIVE_INFINITY), 0);
  t.equal(meterTravel(99), 1);
  t.end();
});
