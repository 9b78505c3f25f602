import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('generic-tube-compressor');
const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('on a connection one page goes out, with the defaults in it', async (t) => {
  t.same(device.start(), [`0004${zeros(63)}`]);
});

t.test('each value has its byte', async (t) => {
  const ids = ['threshold', 'ratio', 'attack', 'release', 'feed', 'elliptic'];
  // 100 % is 7f, 50 % is 63.5.
  for (const id of ids) device.set(id, 100, 0);
  for (const id of ids.slice(1)) device.set(id, 50, 1);
  t.equal(device.set('threshold', 0, 1), `0004${'7f'.repeat(6)}00${'40'.repeat(5)}${zeros(51)}`);
  device.set('control', 100);
  device.set('emphasis', 50);
  device.set('outputType', 2);
  t.equal(device.set('output', 1), `0004${'7f'.repeat(6)}00${'40'.repeat(5)}7f400102${zeros(47)}`);
});

t.test('gain reduction is read from its page', async (t) => {
  t.same(device.receive(`00057f${zeros(62)}`), { 'gainReduction 0': -20 });
  t.same(device.receive(`000500${zeros(62)}`), { 'gainReduction 0': 0 });
});
