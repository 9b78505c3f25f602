import t from 'tap';
import { HeldByInput, isChannelMessage } from './held-by-input.ts';
import { HeldKeys } from './held-keys.ts';
import {
  drawnKeys,
  firstNote,
  HIGHEST_OCTAVE,
  LOWEST_OCTAVE,
  noteName,
  semitoneOf,
  SHOWN_KEYS,
  velocityAt,
} from './keys.ts';
import { noteRange } from './note-range.ts';

t.test('notes have their names and octaves', (t) => {
  t.same([0, 60, 61, 69, 127].map(noteName), ['C-1', 'C4', 'C♯4', 'A4', 'G9']);
  t.equal(firstNote(4), 60);
  t.equal(firstNote(LOWEST_OCTAVE), 0);
  t.ok(firstNote(HIGHEST_OCTAVE) + SHOWN_KEYS - 1 <= 127 && firstNote(HIGHEST_OCTAVE + 1) + SHOWN_KEYS - 1 > 127);
  t.end();
});

t.test('computer keys lie as on a piano', (t) => {
  t.same(['KeyA', 'KeyW', 'KeyS', 'KeyJ', 'KeyK', 'Quote'].map(semitoneOf), [0, 1, 2, 11, 12, 17]);
  t.equal(semitoneOf('KeyX'), undefined);
  t.end();
});

t.test('white keys fill the keyboard side by side, and black ones lie over the gaps between them', (t) => {
  const keys = drawnKeys();
  const white = keys.filter(({ isBlack }) => !isBlack);
  t.equal(keys.length, SHOWN_KEYS);
  t.same(keys.slice(0, white.length), white, 'white ones first');
  white.forEach(({ left, width }, i) => {
    t.ok(Math.abs(left - i / white.length) < 1e-12 && Math.abs(width - 1 / white.length) < 1e-12);
  });
  for (const { semitone, left, width } of keys.filter(({ isBlack }) => isBlack)) {
    const above = white.find((key) => key.semitone === semitone + 1)!;
    t.ok(left < above.left && left + width > above.left, `${semitone} lies over the left edge of ${above.semitone}`);
  }
  t.end();
});

t.test('velocity is 20 at the far end of a key and 127 at the near one', (t) => {
  t.same([-1, 0, 0.5, 1, 2].map(velocityAt), [20, 20, 74, 127, 127]);
  t.end();
});

t.test('what is sent is what changes; what two hold is let go with the second one', (t) => {
  const sent: number[][] = [];
  const keys = new HeldKeys((bytes) => sent.push(bytes));
  const take = () => sent.splice(0);
  keys.press('finger', 60, 100);
  keys.press('KeyA', 60, 80);
  keys.press('finger', 60, 1);
  t.same(take(), [[0x90, 60, 100]]);
  keys.release('finger');
  t.same(take(), []);
  t.same([...keys.notes], [60]);
  keys.release('KeyA');
  keys.release('KeyA');
  t.same(take(), [[0x80, 60, 64]]);
  keys.press('finger', 60, 100);
  keys.press('finger', 62, 90);
  t.same(
    take(),
    [
      [0x90, 60, 100],
      [0x80, 60, 64],
      [0x90, 62, 90],
    ],
    'a finger that glides',
  ); // prettier-ignore
  keys.sustain(true);
  keys.sustain(true);
  keys.press('other', 64, 50);
  keys.releaseAll();
  t.same(take(), [
    [0xb0, 64, 127],
    [0x90, 64, 50],
    [0x80, 62, 64],
    [0x80, 64, 64],
    [0xb0, 64, 0],
  ]); // prettier-ignore
  keys.releaseAll();
  t.same(take(), []);
  t.end();
});

t.test('of what a MIDI keyboard says, messages of channels are taken, and no others', (t) => {
  const taken = [
    [0x90, 60, 1],
    [0x9f, 0, 0],
    [0xc0, 5],
    [0xd3, 7],
    [0xe0, 0, 64],
  ]; // prettier-ignore
  const left = [[0xf8], [0xfe], [0xf0, 1, 0xf7], [0xf2, 0, 0], [0x90, 60], [0xc0, 5, 0], [60, 100]]; // prettier-ignore
  for (const bytes of taken) t.ok(isChannelMessage(Uint8Array.from(bytes)), String(bytes));
  for (const bytes of left) t.notOk(isChannelMessage(Uint8Array.from(bytes)), String(bytes));
  t.notOk(isChannelMessage(null));
  t.end();
});

t.test('a MIDI keyboard that is unplugged lets go what it held, keys and pedals', (t) => {
  const held = new HeldByInput();
  const follow = (...bytes: number[]) => held.follow(Uint8Array.from(bytes));
  follow(0x90, 60, 100);
  follow(0x91, 62, 100);
  follow(0x91, 64, 100);
  follow(0x91, 64, 0);
  follow(0x90, 65, 100);
  follow(0x80, 65, 0);
  follow(0xb1, 64, 127);
  follow(0xb2, 64, 127);
  follow(0xb2, 64, 0);
  follow(0xb0, 1, 127);
  t.same(held.release(), [
    [0x80, 60, 64],
    [0x81, 62, 64],
    [0xb1, 64, 0],
  ]); // prettier-ignore
  t.same(held.release(), []);
  t.end();
});

t.test('the range of notes in several parts', (t) => {
  const part = (...notes: number[]) => ({
    instance: 'x',
    notes: notes.map((note) => ({ seconds: 0, lengthSeconds: 1, note })),
  });
  t.same(noteRange([part(64, 40), part(), part(72)]), { count: 3, lowest: 40, highest: 72 });
  t.equal(noteRange([part()]).count, 0);
  t.end();
});
