import t from 'tap';
import { VirtualClock } from './virtual-clock.ts';

t.test('timers come at their times, those of one time in the order in which they were made', async (t) => {
  const clock = new VirtualClock(1_000);
  const seen: string[] = [];
  // 7919 is prime to 100: every time once, in no order.
  for (let i = 0; i < 100; i++) clock.after((i * 7919) % 100, () => seen.push(`${clock.now() - 1_000}`));
  for (const name of ['a', 'b']) clock.after(50, () => seen.push(`50${name}`));
  clock.advance(99);
  const times = Array.from({ length: 100 }, (_, ms) => (ms === 50 ? ['50', '50a', '50b'] : [`${ms}`])).flat();
  t.same(seen, times);
  t.equal(clock.timers, 0);
});

t.test('a timer that was ended is not called, and one that repeats goes on until it is', async (t) => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  const end = clock.every(10, () => seen.push(clock.elapsedMs));
  clock.after(25, () => end());
  clock.after(5, () => t.fail('was ended'))();
  clock.advance(100);
  t.same(seen, [10, 20]);
  t.same([clock.timers, clock.nextInMs], [0, undefined]);
});

t.test('a step calls one timer; a jump changes what time it is, and no timer', async (t) => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  for (const ms of [5, 5, 30]) clock.after(ms, () => seen.push(clock.now()));
  t.equal(clock.step(), true);
  t.same(seen, [5]);
  clock.jump(1_000);
  t.equal(clock.nextInMs, 0);
  clock.step();
  clock.step();
  t.same(seen, [5, 1_005, 1_030]);
  t.equal(clock.step(), false);
  t.equal(clock.elapsedMs, 30);
});
