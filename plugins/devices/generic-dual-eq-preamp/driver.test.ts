import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('generic-dual-eq-preamp');

t.test('on a connection three frames go out, with the defaults in them', async (t) => {
  // Input gain 0 dB is position 3, high-pass off 0: 08 + 10, and 01 since position 0 of the gain is inverted and not chosen.
  // Low and high frequency are off: their inverted bits are 0. Both mid frequencies are off: 01. The relay: 40. Gains 512.
  t.same(device.start(), [
    'a5' + '01' + '1900' + '0000' + '0140' + '0100' + '8080808000' + 'd3',
    'a5' + '02' + '1900' + '0000' + '0140' + '0100' + '8080808000' + 'fb',
    'a5' + '03' + '09' + '00',
  ]);
});

t.test('potentiometers have ten bits in two bytes', async (t) => {
  const chain = 'a501' + '1900' + '0000' + '0140' + '0100';
  t.match(device.set('lowGain', 16), new RegExp(`^${chain}ff808080c0..$`));
  t.match(device.set('lowMidGain', 12), new RegExp(`^${chain}ffff8080f0..$`));
  t.match(device.set('highMidGain', 12), new RegExp(`^${chain}ffffff80fc..$`));
  t.match(device.set('highGain', 16), new RegExp(`^${chain}ffffffffff..$`));
  t.match(device.set('lowMidGain', -12), new RegExp(`^${chain}ff00ffffcf..$`));
  t.match(device.set('highMidGain', -12), new RegExp(`^${chain}ff0000ffc3..$`));
  t.match(device.set('highGain', -16), new RegExp(`^${chain}ff000000c0..$`));
  t.equal(device.set('lowGain', -16).slice(20, 30), '0000000000');
});

t.test('switches are one-hot over two ranges, some with an inverted first bit', async (t) => {
  const bytes = (hex: string) => hex.slice(4, 20);
  t.equal(bytes(device.set('inputGain', 'off', 1)), '1000' + '0000' + '0140' + '0100');
  t.equal(bytes(device.set('inputGain', 20, 1)), '1108' + '0000' + '0140' + '0100');
  t.equal(bytes(device.set('inputGain', -10, 1)), '1300' + '0000' + '0140' + '0100');
  t.equal(bytes(device.set('highPass', 360, 1)), '0340' + '0000' + '0140' + '0100');
  t.equal(bytes(device.set('highPass', 22, 1)), '2300' + '0000' + '0140' + '0100');
  t.equal(bytes(device.set('lowFrequency', 220, 1)), '2300' + '0104' + '0140' + '0100');
  t.equal(bytes(device.set('highFrequency', 8000, 1)), '2300' + '1904' + '0140' + '0100');
  t.equal(bytes(device.set('highFrequency', 20000, 1)), '2300' + '0924' + '0140' + '0100');
  t.equal(bytes(device.set('lowMidFrequency', 7200, 1)), '2300' + '0924' + '0048' + '0100');
  t.equal(bytes(device.set('lowMidFrequency', 1600, 1)), '2300' + '0924' + '8040' + '0100');
  t.equal(bytes(device.set('highMidFrequency', 3200, 1)), '2300' + '0924' + '8040' + '8000');
  t.equal(bytes(device.set('highMidFrequency', 8400, 1)), '2300' + '0924' + '8040' + '0008');
  t.equal(bytes(device.set('lowMidWidth', true, 1)), '2300' + '0924' + '8050' + '0008');
  t.equal(bytes(device.set('highMidWidth', true, 1)), '2300' + '0924' + '8070' + '0008');
  t.equal(bytes(device.set('eqBypass', true, 1)), '2300' + '0924' + '8030' + '0008');
});

t.test('pads of both outputs share a frame, and each frame has its CRC', async (t) => {
  t.equal(device.set('pad', -10, 0), 'a5030a' + '09');
  t.equal(device.set('pad', -20, 1), 'a50322' + 'd1');
});
