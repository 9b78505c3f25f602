import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('generic-transient-designer');
const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('on a connection one page goes out, with the defaults in it', async (t) => {
  t.same(device.start(), [`0006${zeros(63)}`]);
});

t.test('each value has its bytes, lowest first', async (t) => {
  t.equal(device.set('attack', -15), `00066aff${zeros(61)}`);
  t.equal(device.set('sustain', 7.5), `00066aff4b00${zeros(59)}`);
  t.equal(device.set('frequencyA', 8000), `00066aff4b0027${zeros(58)}`);
  t.equal(device.set('frequencyS', 58), `00066aff4b002701${zeros(57)}`);
  t.equal(device.set('link', true), `00066aff4b00270101${zeros(56)}`);
  t.equal(device.set('autoGain', true), `00066aff4b00270103${zeros(56)}`);
  t.equal(device.set('leftRight', true), `00066aff4b00270107${zeros(56)}`);
  t.equal(device.set('eqMode', true), `00066aff4b0027010f${zeros(56)}`);
  t.equal(device.set('fullRange', true), `00066aff4b0027011f${zeros(56)}`);
});
