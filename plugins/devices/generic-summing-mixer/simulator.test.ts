import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { summingMixer } from './device.ts';

const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('its driver meets it in pages', async (t) => {
  const unit = await witnessedUnit(t, 'generic-summing-mixer');
  t.same(
    (await unit.next(3)).map((one) => one.hex),
    [`0010${zeros(63)}`, `0011${'7f'.repeat(24)}${zeros(39)}`, `0012${zeros(63)}`],
    'on a connection',
  );
  const first = await unit.set('level', 10, 0);
  t.equal(first.hex, `0010e8${zeros(62)}`);
  t.equal((first.state['levels'] as number[])[0], 10);
  const last = await unit.set('level', 0, 23);
  t.equal(last.hex, `0010e8${zeros(22)}c0${zeros(39)}`);
  t.equal((last.state['levels'] as number[])[23], 0);
  const pan = await unit.set('pan', -1, 1);
  t.equal(pan.hex, `00117f00${'7f'.repeat(22)}${zeros(39)}`);
  t.equal((pan.state['pans'] as number[])[1], -1);
  const bus = await unit.set('bus', 2, 23);
  t.equal(bus.hex, `0012${zeros(23)}02${zeros(39)}`);
  t.equal((bus.state['buses'] as number[])[23], 2);
  t.equal(bus.state['refused'], 0);
});

t.test('its outputs are the powers of all channels, with a pan of constant power', async (t) => {
  const device = new TickedDevice(summingMixer);
  const page = (number: string, bytes: string) => device.receive(`00${number}${bytes}${zeros(63 - bytes.length / 2)}`);
  // The first channel at 0 dB (192 quarters above -48), the others as low as they go and silent.
  page('10', 'c0');
  page('11', '7f'.repeat(24));
  device.hear(-20, ...new Array(23).fill(-120));
  // In the middle both sides have half the power: -20 - 3 (RMS) - 3.
  t.same(device.state['outputDb'], [-26, -26]);
  page('11', `00${'7f'.repeat(23)}`);
  t.same(device.state['outputDb'], [-23, -120], 'to the left');
  page('12', '03');
  page('10', 'e9');
  device.receive('001000');
  t.equal(device.state['refused'], 3, 'a bus and a level that cannot be, and half a page');
});
