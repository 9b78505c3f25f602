import t from 'tap';
import { midiStates } from './midi-states.ts';

const word = (status: number, first: number, second = 0) => status | (first << 8) | (second << 16);
const statesOf = (...messages: number[]) => midiStates(Float64Array.from(messages.keys()), Uint32Array.from(messages));

t.test('each controller of each channel is a state with all its values', (t) => {
  const { states, stateOf } = statesOf(
    word(0xb0, 1, 10),
    word(0xb1, 1, 20),
    word(0x90, 60, 100),
    word(0xb0, 2, 30),
    word(0xb0, 1, 40),
  );
  t.same([...stateOf], [0, 1, -1, 2, 0]);
  t.same(
    states.map(({ frames, messages }) => [[...frames], [...messages].map((message) => message >>> 16)]),
    [
      [
        [0, 4],
        [10, 40],
      ],
      [[1], [20]],
      [[3], [30]],
    ],
  ); // prettier-ignore
  t.equal(new Set(states.map(({ key }) => key)).size, 3);
  t.end();
});

t.test('before any value a state is at rest', (t) => {
  const rests: [message: number, rest: number][] = [
    [word(0xb3, 64, 127), word(0xb3, 64, 0)],
    [word(0xb3, 7, 1), word(0xb3, 7, 100)],
    [word(0xb3, 10, 1), word(0xb3, 10, 64)],
    [word(0xb3, 11, 1), word(0xb3, 11, 127)],
    [word(0xe5, 1, 2), word(0xe5, 0, 64)],
    [word(0xd2, 99), word(0xd2, 0)],
    [word(0xc2, 99), 0],
  ];
  for (const [message, rest] of rests) t.equal(statesOf(message).states[0]!.rest, rest, message.toString(16));
  t.end();
});

t.test('notes, their pressure, and orders to all notes leave no state', (t) => {
  for (const message of [word(0x90, 1, 1), word(0x80, 1, 1), word(0xa0, 1, 1), word(0xb0, 120, 0), word(0xb0, 123, 0)])
    t.same([...statesOf(message).stateOf], [-1], message.toString(16));
  t.end();
});
