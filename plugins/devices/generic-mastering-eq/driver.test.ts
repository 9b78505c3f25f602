import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('generic-mastering-eq');

t.test('every parameter of each channel has an address of its own', async (t) => {
  const sent = device.start();
  t.equal(sent.length, 50);
  t.equal(new Set(sent.map((hex) => hex.split('2c')[0])).size, 50);
});

t.test('packets are OSC 1.0', async (t) => {
  // Address and types are filled up with zeros to four bytes; numbers are big-endian.
  t.equal(device.set('lfGain', -5), `${'2f65712f312f6c662f6761696e'}000000${'2c660000'}c0a00000`);
  t.equal(device.set('hfDouble', true, 1), `${'2f65712f322f68662f7832'}00${'2c690000'}00000001`);
  t.equal(device.set('hfShape', 12), `${'2f65712f312f68662f7368617065'}0000${'2c690000'}0000000c`);
  t.equal(device.set('mfShape', 0.4), `${'2f65712f312f6d662f7368617065'}0000${'2c660000'}3ecccccd`);
  t.equal(device.set('lmfFrequency', 80, 1), `${'2f65712f322f6c6d662f6672657175656e6379'}00${'2c690000'}00000000`);
  t.equal(device.set('lmfFrequency', 1600, 1), `${'2f65712f322f6c6d662f6672657175656e6379'}00${'2c690000'}00000014`);
  t.equal(device.set('hmfBypass', true), `${'2f65712f312f686d662f627970617373'}00000000${'2c690000'}00000001`);
});
