import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { type PresenceMessage, TaskPresence } from './task-presence.ts';

const who = (session: string) => ({ session, principal: 'anybody', permissions: ['read' as const] });
const fader = { instance: 'gain', parameter: 'gain' };

function room() {
  const clock = new VirtualClock(1_000);
  const presence = new TaskPresence(clock);
  const told: { [session: string]: PresenceMessage[] } = {};
  const join = (session: string) =>
    presence.join(who(session), (message) => {
      told[session] = [...(told[session] ?? []), message];
    });
  return { clock, presence, told, join };
}

t.test('who comes, takes a name and goes is told to all in one message', async (t) => {
  const { clock, presence, told, join } = room();
  join('a');
  clock.advance(100);
  told['a'] = [];
  join('b');
  presence.name('b', 'Bea');
  join('c');
  presence.leave('c');
  t.same(told['a'], []);
  clock.advance(30);
  t.match(told['a'], [{ present: [{ session: 'b', name: 'Bea', since: 1_100, touches: [] }], left: ['c'] }]);
  t.same(told['b'], told['a'], 'also who it is about');
  t.same(
    presence.list.map(({ session }) => session),
    ['a', 'b'],
  );
});

t.test('a hand is seen, renewed, let go, and gone by itself', async (t) => {
  const { clock, presence, join } = room();
  const touches = () => presence.list[0]!.touches;
  join('a');
  presence.touch('a', fader, 2);
  t.same(touches(), [{ ...fader, until: 3_000 }]);
  clock.advance(1_500);
  presence.touch('a', fader, 2);
  clock.advance(1_500);
  t.same(touches(), [{ ...fader, until: 4_500 }], 'renewed');
  presence.touch('a', { ...fader, index: 1 }, 2);
  t.equal(touches().length, 2, 'each value of a parameter is a control');
  clock.advance(500);
  t.same(touches(), [{ ...fader, index: 1, until: 6_000 }]);
  presence.touch('a', { ...fader, index: 1 }, 0);
  t.same(touches(), []);
});

t.test('one client has 32 hands at most', async (t) => {
  const { presence, join } = room();
  join('a');
  for (let index = 0; index < 100; index++) presence.touch('a', { ...fader, index }, 30);
  const { touches } = presence.list[0]!;
  t.equal(touches.length, 32);
  t.equal(touches.at(-1)!.index, 99);
});

t.test('after all went, whoever comes next is told of', async (t) => {
  const { clock, presence, told, join } = room();
  join('a');
  presence.leave('a');
  join('b');
  clock.advance(30);
  t.match(told['b'], [{ present: [{ session: 'b' }], left: [] }]);
});

t.test('nothing is left behind by who went', async (t) => {
  const { clock, presence, join } = room();
  join('a');
  presence.touch('a', fader, 30);
  presence.leave('a');
  t.ok(presence.isEmpty);
  t.equal(clock.timers, 0);
  presence.leave('a');
  presence.touch('a', fader, 30);
  presence.name('a', 'late');
  t.equal(clock.timers, 0);
});
