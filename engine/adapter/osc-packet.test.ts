import t from 'tap';
import { type OscArgument, readOsc, writeOsc } from './osc-packet.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

t.test('messages are filled up to four bytes, numbers big-endian', async (t) => {
  // The examples of the OSC 1.0 specification: /oscillator/4/frequency with 440.0, and /foo with five arguments.
  const frequency = '2f6f7363696c6c61746f722f342f6672657175656e637900' + '2c660000' + '43dc0000';
  t.equal(hex(writeOsc({ address: '/oscillator/4/frequency', arguments: [{ type: 'f', value: 440 }] })), frequency);
  const foo: OscArgument[] = [
    { type: 'i', value: 1000 },
    { type: 'i', value: -1 },
    { type: 's', value: 'hello' },
    { type: 'f', value: 1.2339999675750732 },
    { type: 'f', value: 5.677999973297119 },
  ];
  const bytes =
    '2f666f6f00000000' + '2c69697366660000' + '000003e8' + 'ffffffff' + '68656c6c6f000000' + '3f9df3b6' + '40b5b22d';
  t.equal(hex(writeOsc({ address: '/foo', arguments: foo })), bytes);
  t.same(readOsc(Buffer.from(bytes, 'hex')), [{ address: '/foo', arguments: foo }]);
});

t.test('other types, and bundles', async (t) => {
  const more: OscArgument[] = [
    { type: 'd', value: 0.5 },
    { type: 'h', value: -2 },
    { type: 'T', value: true },
    { type: 'T', value: false },
  ];
  const bytes = '2f610000' + '2c64685446000000' + '3fe0000000000000' + 'fffffffffffffffe';
  t.equal(hex(writeOsc({ address: '/a', arguments: more })), bytes);
  const bundle = ['2362756e646c6500', '0000000000000001', '0000001c', bytes, '00000008', '2f6200002c000000'].join('');
  t.same(readOsc(Buffer.from(bundle, 'hex')), [
    { address: '/a', arguments: more },
    { address: '/b', arguments: [] },
  ]);
});

t.test('what is no OSC is no message', async (t) => {
  for (const bytes of [
    '',
    '00',
    '61000000',
    '2f610000' + '2c660000',
    '2f610000' + '2c710000',
    '2f612f61',
    '2f610000' + '61000000',
  ])
    t.equal(readOsc(Buffer.from(bytes, 'hex')), undefined, bytes);
  const bundle = '2362756e646c6500' + '0000000000000001' + '000000ff' + '2f6200002c000000';
  t.equal(readOsc(Buffer.from(bundle, 'hex')), undefined, 'a bundle that was cut');
});
