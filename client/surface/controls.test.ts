import type { SurfaceControl } from '@audiocloud/api';
import t from 'tap';
import { controlMessages, controlSpan, heldNumber, isUpperHalf } from './control-messages.ts';
import { clicksOf, controlReader } from './control-reader.ts';
import type { SurfaceMessage } from './surface-message.ts';

const bytes = (text: string) => text.split(' ').map((one) => Uint8Array.from(Buffer.from(one, 'hex')));
const hex = (messages: readonly SurfaceMessage[]) =>
  messages.map((message) => Buffer.from(message as Uint8Array).toString('hex')).join(' ');

/** Controls, a number, and the messages for it, written by hand from the MIDI 1.0 specification. */
const MIDI: [SurfaceControl, number, string][] = [
  [{ cc: { channel: 1, controller: 7 } }, 100, 'b00764'],
  [{ cc: { channel: 16, controller: 7, bits: 14 } }, 0x1234, 'bf0724 bf2734'],
  [{ nrpn: { channel: 2, number: 300 } }, 0x3fff, 'b16302 b1622c b1067f b1267f'],
  [{ nrpn: { channel: 2, number: 300, bits: 7 } }, 5, 'b16302 b1622c b10605'],
  [{ bend: { channel: 3 } }, 0x2000, 'e20040'],
  [{ note: { channel: 1, note: 60 } }, 127, '903c7f'],
  [{ note: { channel: 1, note: 60 } }, 0, '903c00'],
  [{ program: { channel: 10 } }, 5, 'c905'],
];

t.test('what is sent is what is read, and both are the bytes of the standard', async (t) => {
  for (const [control, number, wanted] of MIDI) {
    t.equal(hex(controlMessages(control, number)), wanted, JSON.stringify(control));
    const reader = controlReader(control);
    const read = bytes(wanted).map((message) => reader.take(message));
    t.strictSame(read, [...read.slice(0, -1).fill(undefined), number], 'with the last message');
  }
});

t.test('a control hears itself alone', async (t) => {
  for (const [control] of MIDI) {
    const reader = controlReader(control);
    const others = 'b00864 b10764 b02734 b16302 b1622d b1067f b1267f e30040 903d7f 913c7f c805 f8 fe d001';
    t.strictSame(
      [...bytes(others).map((message) => reader.take(message)), reader.take({ address: '/a', arguments: [] })].filter(
        (number) => number !== undefined,
      ),
      [],
      JSON.stringify(control),
    );
  }
});

t.test('an upper half without a lower one is told when nothing follows', async (t) => {
  const reader = controlReader({ cc: { channel: 1, controller: 7, bits: 14 } });
  t.equal(reader.take(bytes('b00724')[0]!), undefined);
  t.equal(reader.isWaiting, true);
  t.equal(reader.settle(), 0x24 << 7);
  t.equal(reader.isWaiting, false);
  t.equal(reader.settle(), undefined);
  t.equal(reader.take(bytes('b02701')[0]!), (0x24 << 7) | 1, 'a lower half alone is a small move');
});

t.test('an NRPN goes on without its number, until another number or an RPN is chosen', async (t) => {
  const reader = controlReader({ nrpn: { channel: 1, number: 1, bits: 7 } });
  const read = (text: string) => bytes(text).map((message) => reader.take(message));
  t.strictSame(read('b06300 b06201 b00605 b00606'), [undefined, undefined, 5, 6]);
  t.strictSame(read('b06500 b06400 b00607'), [undefined, undefined, undefined]);
  t.strictSame(read('b06300 b06202 b00608'), [undefined, undefined, undefined]);
});

t.test('a key that is let go is 0, in both ways to say it', async (t) => {
  const reader = controlReader({ note: { channel: 1, note: 60 } });
  t.strictSame(
    bytes('903c40 803c40 903c01 903c00').map((message) => reader.take(message)),
    [64, 0, 1, 0],
  );
  t.equal(isUpperHalf({ note: { channel: 1, note: 60 } }, 1), true, 'however softly');
});

t.test('clicks of encoders: to the right, to the left, fast', async (t) => {
  t.strictSame(
    [1, 3, 127, 125].map((value) => clicksOf(value, 'twos-complement')),
    [1, 3, -1, -3],
  );
  t.strictSame(
    [65, 67, 63, 61].map((value) => clicksOf(value, 'offset')),
    [1, 3, -1, -3],
  );
  t.strictSame(
    [1, 3, 65, 67].map((value) => clicksOf(value, 'sign-bit')),
    [1, 3, -1, -3],
  );
});

t.test('OSC: any number and truth, by address; a message without one is a press', async (t) => {
  const reader = controlReader({ osc: { address: '/1/fader1' } });
  const take = (address: string, ...values: (number | string | boolean)[]) =>
    reader.take({ address, arguments: values.map((value) => ({ type: 'f', value })) });
  t.strictSame(
    [
      take('/1/fader1', 0.25),
      take('/1/fader2', 0.5),
      take('/1/fader1', true),
      take('/1/fader1'),
      take('/1/fader1', 'x'),
    ],
    [0.25, undefined, 1, 1, undefined],
  );
  t.strictSame(controlMessages({ osc: { address: '/a' } }, 0.5), [
    { address: '/a', arguments: [{ type: 'f', value: 0.5 }] },
  ]);
  t.strictSame(controlMessages({ osc: { address: '/a', type: 'T' } }, 0), [
    { address: '/a', arguments: [{ type: 'T', value: false }] },
  ]);
});

t.test('a control holds what its kind can', async (t) => {
  const cc: SurfaceControl = { cc: { channel: 1, controller: 7 } };
  t.strictSame(
    [-1, 63.5, 128].map((number) => heldNumber(cc, number)),
    [0, 64, 127],
  );
  t.equal(heldNumber({ osc: { address: '/a' } }, 0.1), Math.fround(0.1));
  t.equal(heldNumber({ osc: { address: '/a', type: 'i', range: [0, 100] } }, 49.6), 50);
  t.equal(heldNumber({ osc: { address: '/a', type: 'T' } }, 0.6), 1);
  t.strictSame(controlSpan({ osc: { address: '/a', range: [-1, 1] } }), [-1, 1]);
});
