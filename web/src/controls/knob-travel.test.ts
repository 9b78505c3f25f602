import type { Parameter } from '@audiocloud/api';
import t from 'tap';
import { defaultValue, step, turn } from './knob-travel.ts';

const gain: Parameter = {
  id: 'gainDb',
  name: 'Gain',
  unit: 'dB',
  range: { kind: 'continuous', min: -120, max: 24 },
  default: 0,
  taper: 'db',
};
const frequency: Parameter = {
  id: 'hz',
  name: 'Frequency',
  unit: 'Hz',
  range: { kind: 'continuous', min: 20, max: 20000 },
  default: [100, 1000],
  taper: 'log',
};
const slope: Parameter = {
  id: 'slope',
  name: 'Slope',
  unit: 'none',
  range: { kind: 'stepped', min: 6, max: 48, step: 6 },
  default: 12,
};

t.test('an arrow key moves dB by 0.5, with Shift by 0.1, and stays on that grid', (t) => {
  t.equal(step(gain, 0, -1, false), -0.5);
  let value = step(gain, 0, 1, true);
  for (let i = 0; i < 9; i++) value = step(gain, value, 1, true);
  t.equal(value, 1);
  t.equal(step(gain, 24, 1, false), 24);
  t.equal(step(slope, 12, 1, false), 18);
  t.equal(step(slope, 48, 1, false), 48);
  t.end();
});

t.test('travel of a log knob multiplies, and there and back is the same', (t) => {
  const up = turn(frequency, 1000, 0.1) as number;
  t.ok(Math.abs(up / 1000 - 1000 ** 0.1) < 1e-9);
  t.ok(Math.abs((turn(frequency, up, -0.1) as number) - 1000) < 1e-6);
  t.equal(turn(frequency, 1000, 5), 20000);
  t.end();
});

t.test('default of each index', (t) => {
  t.same(
    [0, 1, 2].map((index) => defaultValue(frequency, index)),
    [100, 1000, 100],
  );
  t.equal(defaultValue(gain, 3), 0);
  t.end();
});
