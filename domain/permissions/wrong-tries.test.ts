import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { MOST_WRONG_TRIES, WrongTries } from './wrong-tries.ts';

t.test('an address with too many wrong tries waits until its minute is over', async (t) => {
  const clock = new VirtualClock(0);
  const tries = new WrongTries(clock);
  for (let i = 0; i < MOST_WRONG_TRIES; i++) {
    t.equal(tries.waitMs('a'), 0);
    tries.add('a');
  }
  t.equal(tries.waitMs('a'), 60_000);
  t.equal(tries.waitMs('b'), 0);
  await clock.advance(59_999);
  t.equal(tries.waitMs('a'), 1);
  await clock.advance(1);
  t.equal(tries.waitMs('a'), 0);
  tries.add('a');
  t.equal(tries.waitMs('a'), 0, 'and begins anew');
});

t.test('however many addresses try, few are remembered', async (t) => {
  const tries = new WrongTries(new VirtualClock(0));
  for (let i = 0; i < MOST_WRONG_TRIES; i++) tries.add('first');
  for (let i = 0; i < 10_000; i++) tries.add(`other ${i}`);
  t.equal(tries.waitMs('first'), 0, 'the oldest is forgotten');
});
