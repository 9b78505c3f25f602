import type { Presence, Touch } from '@audiocloud/api';
import t from 'tap';
import { Hands } from './hands.ts';
import { peopleOf } from './people.ts';

const there = (session: string, touches: Omit<Touch, 'until'>[] = [], name = session): Presence => ({
  session,
  name,
  principal: 'anybody',
  permissions: ['read'],
  since: 0,
  touches: touches.map((touch) => ({ ...touch, until: 0 })),
});
const gain = { instance: 'eq', parameter: 'gain' };

t.test('a hand that is said to be there is, on what it touches', async (t) => {
  const hands = new Hands();
  const presence = [there('me', [gain]), there('bea', [{ ...gain, index: 1 }])];
  const on = (index?: number) => hands.on({ ...gain, ...(index === undefined ? {} : { index }) }, presence, 'me', 0);
  t.equal(on(1), 'bea');
  t.equal(on(0), undefined, 'my own is not shown');
  t.equal(on(), 'bea', 'where all values are one control');
  t.equal(hands.on({ ...gain, parameter: 'frequency' }, presence, 'me', 0), undefined);
});

t.test('one that moved something is shown a moment longer', async (t) => {
  const hands = new Hands();
  const presence = [there('me'), there('bea')];
  hands.moved('bea', [gain], 1_000);
  t.equal(hands.on({ ...gain, index: 5 }, presence, 'me', 2_000), 'bea');
  t.equal(hands.on(gain, [there('me')], 'me', 2_000), undefined, 'not of who went');
  t.equal(hands.sweep(2_000), 200);
  t.equal(hands.on(gain, presence, 'me', 2_200), undefined);
  t.equal(hands.sweep(2_200), undefined);
});

t.test('people have names, letters and colors that stay; I come first', async (t) => {
  const people = peopleOf([there('a', [], 'Anna Berg'), there('b', [], 'bo'), { ...there('c'), name: undefined }], 'b');
  t.match(people, [
    { session: 'b', isMe: true, initials: 'BO' },
    { session: 'a', isMe: false, initials: 'AB', name: 'Anna Berg' },
    { session: 'c', name: 'anybody' },
  ]);
  t.equal(people[1]!.color, peopleOf([there('other', [], 'Anna Berg')], undefined)[0]!.color);
});
