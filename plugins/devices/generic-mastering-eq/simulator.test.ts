import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { masteringEq } from './device.ts';

/** Address and types end with a zero and are filled up to four bytes; numbers are big-endian. By hand. */
const LF_GAIN = '2f65712f312f6c662f6761696e000000';
const HF_X2 = '2f65712f322f68662f783200';
const HF_SHAPE = '2f65712f312f68662f73686170650000';
const LMF_FREQUENCY = '2f65712f322f6c6d662f6672657175656e637900';
const [INTEGER, FLOAT, NOTHING] = ['2c690000', '2c660000', '2c000000'];

t.test('its driver meets it in OSC packets, one address for each value', async (t) => {
  const unit = await witnessedUnit(t, 'generic-mastering-eq');
  const first = await unit.next(50);
  t.equal(new Set(first.map(({ hex }) => hex.split('2c')[0])).size, 50, 'on a connection');
  t.equal(first[49]!.state['refused'], 0, 'it knows them all');
  const steps: [string, number | boolean, number, string, string, number][] = [
    ['lfGain', -5, 0, `${LF_GAIN}${FLOAT}c0a00000`, '/eq/1/lf/gain', -5],
    ['hfDouble', true, 1, `${HF_X2}${INTEGER}00000001`, '/eq/2/hf/x2', 1],
    ['hfShape', 12, 0, `${HF_SHAPE}${INTEGER}0000000c`, '/eq/1/hf/shape', 12],
    ['lmfFrequency', 1600, 1, `${LMF_FREQUENCY}${INTEGER}00000014`, '/eq/2/lmf/frequency', 20],
    ['mfShape', 0.4, 0, `2f65712f312f6d662f73686170650000${FLOAT}3ecccccd`, '/eq/1/mf/shape', 0.4],
    ['hmfBypass', true, 0, `2f65712f312f686d662f62797061737300000000${INTEGER}00000001`, '/eq/1/hmf/bypass', 1],
  ];
  for (const [id, value, index, hex, address, held] of steps) {
    const got = await unit.set(id, value, index);
    t.equal(got.hex, hex, id);
    t.equal(got.state[address], held, id);
    t.equal(got.state['refused'], 0);
  }
});

t.test('an address without a value is answered with it', async (t) => {
  const device = new TickedDevice(masteringEq);
  device.receive(`${LF_GAIN}${FLOAT}3fc00000`);
  t.same(device.said, []);
  device.receive(`${LF_GAIN}${NOTHING}`);
  t.same(device.said, [`${LF_GAIN}${FLOAT}3fc00000`], '1.5 dB');
  device.receive(`2f70696e67000000${NOTHING}`);
  t.equal(device.last, `2f70696e67000000${NOTHING}`, '/ping');
});

t.test('another type, a value out of range, an unknown address and half a packet change nothing', async (t) => {
  const device = new TickedDevice(masteringEq);
  device.receive(`${LF_GAIN}${INTEGER}00000001`);
  device.receive(`${LF_GAIN}${FLOAT}40a00001`);
  device.receive(`${HF_SHAPE}${INTEGER}00000007`);
  device.receive(`2f65712f332f68662f783200${INTEGER}00000001`);
  device.receive(`${LF_GAIN}${FLOAT}3fc0`);
  device.receive(LF_GAIN.slice(0, 20));
  t.equal(device.state['refused'], 6);
  t.equal(device.state['/eq/1/lf/gain'], 0);
  t.same(device.said, []);
});
