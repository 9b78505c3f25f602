import t from 'tap';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { linePreamp } from './device.ts';

t.test('its level is what it hears and its gain; it rises at once and falls 2 dB a tick', async (t) => {
  const preamp = new TickedDevice(linePreamp);
  preamp.wait(0.1);
  t.same(preamp.heard(), ['LEVEL -20.0\r\n']);
  preamp.tell('GAIN 12.5\r\nGAIN x\r\n');
  preamp.wait(0.1);
  t.same(preamp.heard(), ['ERROR\r\n', 'LEVEL -7.5\r\n']);
  preamp.hear(-21);
  preamp.wait(0.1);
  t.same(preamp.heard(), ['LEVEL -8.5\r\n']);
  preamp.hear(-30);
  preamp.wait(0.05);
  t.same(preamp.heard(), ['LEVEL -10.5\r\n', 'LEVEL -12.5\r\n']);
  preamp.hear(-120);
  preamp.wait(2);
  t.equal(preamp.heard().at(-1), 'LEVEL -60.0\r\n', 'its floor');
  preamp.hear(20);
  preamp.wait(0.1);
  t.equal(preamp.heard().at(-1), 'LEVEL 20.0\r\n', 'its ceiling');
});
