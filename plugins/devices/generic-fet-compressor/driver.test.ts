import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('generic-fet-compressor');
const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('on a connection one page goes out, with the defaults in it', async (t) => {
  t.same(device.start(), [`000200${'000020200001'.repeat(2)}${zeros(50)}`]);
});

t.test('each value changes its byte', async (t) => {
  t.equal(device.set('link', true), `000201${'000020200001'.repeat(2)}${zeros(50)}`);
  t.equal(device.set('inputLevel', 0), `000201${'3f0020200001'}${'000020200001'}${zeros(50)}`);
  t.equal(device.set('outputLevel', -20), `000201${'3f2a20200001'}${'000020200001'}${zeros(50)}`);
  t.equal(device.set('attack', 7), `000201${'3f2a3f200001'}${'000020200001'}${zeros(50)}`);
  t.equal(device.set('release', 1), `000201${'3f2a3f000001'}${'000020200001'}${zeros(50)}`);
  t.equal(device.set('ratio', 20, 1), `000201${'3f2a3f000001'}${'000020200301'}${zeros(50)}`);
  t.equal(device.set('mode', 3, 1), `000201${'3f2a3f000001'}${'000020200303'}${zeros(50)}`);
});

t.test('meters are read from their page', async (t) => {
  t.same(device.receive(`0003ff00ff00${zeros(59)}`), {
    'gainReduction 0': 3,
    'gainReduction 1': -20,
    'level 0': 3,
    'level 1': -20,
  });
});
