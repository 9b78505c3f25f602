import t from 'tap';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { ccEffect } from './device.ts';

t.test('its level goes to its mix in quarters, of what it hears', async (t) => {
  const effect = new TickedDevice(ccEffect);
  effect.receive('b01464' + 'b11405' + 'b01507');
  effect.wait(0.05);
  // a quarter of 100, then of what is left
  t.same(effect.said, ['b01519', 'b0152c']);
  effect.wait(2);
  t.equal(effect.last, 'b01564');
  effect.hear(-40, -60);
  effect.wait(2);
  t.equal(effect.last, 'b0150a', '20 dB less is a tenth');
  effect.said.length = 0;
  effect.wait(2);
  t.same(effect.said, [], 'it tells what moves');
  t.same(effect.state, { mix: 100, level: 10 });
});
