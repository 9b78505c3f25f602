import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { RequestPace } from './request-pace.ts';

t.test('2,000 requests at once, then 2,000 a second, however they come', async (t) => {
  const clock = new VirtualClock(1_000);
  const pace = new RequestPace(clock);
  for (let i = 0; i < 1_999; i++) t.equal(pace.take(0), 0);
  let taken = 0;
  for (const end = clock.now() + 10_000; clock.now() < end; ) {
    const waitMs = pace.take(0);
    taken++;
    if (waitMs > 0) clock.advance(Math.ceil(waitMs));
  }
  t.ok(taken >= 20_000 - 100 && taken <= 20_000 + 100, `${taken} in 10 s`);
});

t.test('a long message counts as several', async (t) => {
  const pace = new RequestPace(new VirtualClock());
  pace.take(4 * 1024 * 1024);
  t.ok(pace.take(4 * 1024 * 1024) >= 20);
});

t.test('a clock that jumps gives a burst at most, and takes nothing', async (t) => {
  const clock = new VirtualClock(1e12);
  const pace = new RequestPace(clock);
  clock.jump(1e9);
  for (let i = 0; i < 1_999; i++) pace.take(0);
  clock.jump(-2e9);
  t.equal(pace.take(0), 0);
  t.ok(pace.take(0) > 0 && pace.take(0) < 10);
});
