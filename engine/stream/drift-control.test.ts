import t from 'tap';
import { DriftControl } from './drift-control.ts';

/** A source whose clock is off by `drift`, taken in packets of 20 ms for some time; what waited, each second. */
function play(drift: number, seconds: number, control = new DriftControl()): { fills: number[]; found: number } {
  let fill = 0.06;
  const fills: number[] = [];
  for (let n = 0; n < seconds * 50; n++) {
    const taken = control.step(fill, 0.06, 0.02);
    fill += 0.02 * (1 + drift) * (1 - taken) - 0.02;
    if (n % 50 === 49) fills.push(fill);
  }
  return { fills, found: control.drift };
}

t.test('drift control finds the clock of the source and holds what waits at the target', async (t) => {
  for (const drift of [0, 0.0005, -0.0005, 0.001, -0.001]) {
    const { fills, found } = play(drift, 120);
    t.ok(Math.abs(found - drift) < 2e-5, `${drift} is found as ${found}`);
    t.ok(
      fills.every((fill) => fill > 0.04 && fill < 0.08),
      `never more than 20 ms off: ${Math.min(...fills)} to ${Math.max(...fills)}`,
    );
    t.ok(Math.abs(fills.at(-1)! - 0.06) < 0.001, `at the end ${fills.at(-1)}`);
  }
});

t.test('drift control never moves the pitch by more than 0.3 %', async (t) => {
  const control = new DriftControl();
  for (let n = 0; n < 1000; n++) control.step(2, 0.06, 0.02);
  t.equal(control.drift, 0.003);
  control.restart();
  for (let n = 0; n < 1000; n++) control.step(0, 0.06, 0.02);
  t.equal(control.drift, -0.003);
});

t.test('drift control keeps what it knows of the clocks when the source stood still', async (t) => {
  const control = new DriftControl();
  play(0.001, 120, control);
  control.restart();
  t.ok(Math.abs(control.drift - 0.001) < 5e-5);
});
