import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { dualPreamp } from './device.ts';

/** Defaults as registers, by hand: see driver.test.ts. */
const LEFT = 'a501' + '1900' + '0000' + '0140' + '0100' + '8080808000' + 'd3';
const RIGHT = 'a502' + '1900' + '0000' + '0140' + '0100' + '8080808000' + 'fb';
const PADS = 'a503' + '09' + '00';

const DEFAULTS = {
  inputGain: 0,
  highPass: 'off',
  lowFrequency: 'off',
  lowGain: 0.02, // 512 of 1023: there is no middle of an even number of steps
  lowMidFrequency: 'off',
  lowMidGain: 0.01,
  lowMidWidth: false,
  highMidFrequency: 'off',
  highMidGain: 0.01,
  highMidWidth: false,
  highFrequency: 'off',
  highGain: 0.02,
  eqBypass: false,
};

t.test('its driver meets it in frames, and both understand every switch alike', async (t) => {
  const unit = await witnessedUnit(t, 'generic-dual-eq-preamp');
  const first = await unit.next(3);
  t.same(
    first.map((one) => one.hex),
    [LEFT, RIGHT, PADS],
    'on a connection',
  );
  t.match(first[2]!.state, { left: DEFAULTS, right: DEFAULTS, pads: ['off', 'off'], refused: 0 });

  // Bytes by hand, up to the CRC: position 7 of the input gain is bit 3 of byte 3, and position 0 stays inverted.
  const steps: [string, string | number | boolean, number, string, object][] = [
    ['inputGain', 20, 0, 'a501' + '1108' + '0000' + '0140' + '0100', { left: { inputGain: 20 } }],
    ['inputGain', 'off', 0, 'a501' + '1000' + '0000' + '0140' + '0100', { left: { inputGain: 'off' } }],
    ['highPass', 360, 0, 'a501' + '0040' + '0000' + '0140' + '0100', { left: { highPass: 360 } }],
    ['lowFrequency', 220, 1, 'a502' + '1900' + '0104' + '0140' + '0100', { right: { lowFrequency: 220 } }],
    ['highFrequency', 8000, 1, 'a502' + '1900' + '1904' + '0140' + '0100', { right: { highFrequency: 8000 } }],
    ['lowMidFrequency', 7200, 1, 'a502' + '1900' + '1904' + '0048' + '0100', { right: { lowMidFrequency: 7200 } }],
    ['highMidFrequency', 3200, 1, 'a502' + '1900' + '1904' + '0048' + '8000', { right: { highMidFrequency: 3200 } }],
    ['lowMidWidth', true, 1, 'a502' + '1900' + '1904' + '0058' + '8000', { right: { lowMidWidth: true } }],
    ['highMidWidth', true, 1, 'a502' + '1900' + '1904' + '0078' + '8000', { right: { highMidWidth: true } }],
    ['eqBypass', true, 1, 'a502' + '1900' + '1904' + '0038' + '8000', { right: { eqBypass: true } }],
  ];
  for (const [id, value, index, bytes, state] of steps) {
    const got = await unit.set(id, value, index);
    t.equal(got.hex.slice(0, bytes.length), bytes, `${id} ${value}`);
    t.match(got.state, { ...state, refused: 0 }, `${id} ${value}`);
  }
  for (const [id, value, bytes, state] of [
    ['lowGain', 16, 'ff808080c0', { lowGain: 16 }],
    ['lowMidGain', -12, 'ff008080c0', { lowMidGain: -12 }],
    ['highMidGain', 12, 'ff00ff80cc', { highMidGain: 12 }],
    ['highGain', -16, 'ff00ff00cc', { highGain: -16 }],
  ] as const) {
    const got = await unit.set(id, value, 1);
    t.equal(got.hex.slice(20, 30), bytes, id);
    t.match(got.state, { right: state, refused: 0 }, id);
  }
  t.equal((await unit.set('pad', -10, 0)).hex, 'a5030a09');
  t.match(await unit.set('pad', -20, 1), { hex: 'a50322d1', state: { pads: [-10, -20], refused: 0 } });
});

t.test('a frame with a wrong check, a switch between positions, and noise change nothing', async (t) => {
  const device = new TickedDevice(dualPreamp);
  device.receive(`${PADS.slice(0, 6)}01`);
  t.match(device.state, { pads: ['off', 'off'], refused: 1 });
  device.receive(`00ffa509${PADS}`);
  t.match(device.state, { refused: 2 }, 'a chain that there is not');
  device.receive(LEFT.slice(0, 10));
  t.equal(device.state['left'], null);
  device.receive(LEFT.slice(10) + RIGHT);
  t.match(device.state, { left: DEFAULTS, right: DEFAULTS, refused: 2 }, 'frames may be cut anywhere');
  // Two contacts of one switch, 0b in place of 09, with the right check.
  device.receive('a5030b0e');
  t.match(device.state, { pads: ['off', 'off'], refused: 3 });
});

t.test('what it puts out is what it hears with gain and pad', async (t) => {
  const device = new TickedDevice(dualPreamp);
  device.receive(LEFT + RIGHT + PADS);
  device.hear(-30, -12);
  t.same(device.state['outputDb'], [-30, -12]);
  device.receive('a5030a09');
  t.same(device.state['outputDb'], [-40, -12], 'a pad of 10 dB');
});
