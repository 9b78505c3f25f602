import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { transientDesigner } from './device.ts';

const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('its driver meets it in pages', async (t) => {
  const unit = await witnessedUnit(t, 'generic-transient-designer');
  const [first] = await unit.next(1);
  t.equal(first!.hex, `0006${zeros(63)}`, 'on a connection');
  const off = { link: false, autoGain: false, leftRight: false, eqMode: false, fullRange: false };
  t.match(first!.state, { attackDb: 0, sustainDb: 0, switches: off, refused: 0 });
  const steps: [string, number | boolean, string, object][] = [
    // 150 = 00 96 and -150 = ff 6a, the lowest byte first
    ['attack', 15, '9600' + '0000' + '0000' + '00', { attackDb: 15 }],
    ['sustain', -15, '9600' + '6aff' + '0000' + '00', { sustainDb: -15 }],
    ['frequencyA', 8000, '9600' + '6aff' + '2700' + '00', { frequencyA: 39 }],
    ['frequencyS', 58, '9600' + '6aff' + '2701' + '00', { frequencyS: 1 }],
    ['link', true, '9600' + '6aff' + '2701' + '01', { switches: { ...off, link: true } }],
    ['fullRange', true, '9600' + '6aff' + '2701' + '11', { switches: { ...off, link: true, fullRange: true } }],
    ['autoGain', true, '9600' + '6aff' + '2701' + '13', { switches: { autoGain: true, leftRight: false } }],
    ['leftRight', true, '9600' + '6aff' + '2701' + '17', { switches: { leftRight: true, eqMode: false } }],
    ['eqMode', true, '9600' + '6aff' + '2701' + '1f', { switches: { eqMode: true } }],
  ];
  for (const [id, value, bytes, state] of steps) {
    const got = await unit.set(id, value);
    t.equal(got.hex, `0006${bytes}${zeros(56)}`, id);
    t.match(got.state, { ...state, refused: 0 }, id);
  }
});

t.test('a page with a value that cannot be changes nothing', async (t) => {
  const device = new TickedDevice(transientDesigner);
  // 15.1 dB is 151 = 97 00; place 40 of 40; a sixth switch; half a page; another page
  for (const bytes of ['97000000000000', '00006800000000', '00000000280000', '00000000002800', '00000000000020'])
    device.receive(`0006${bytes}${zeros(56)}`);
  device.receive('0006');
  device.receive(`0007${zeros(63)}`);
  t.match(device.state, { attackDb: 0, frequencyA: 0, frequencyS: 0 });
  t.equal(device.state['refused'], 6);
});
