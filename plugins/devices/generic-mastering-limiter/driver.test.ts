import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('generic-mastering-limiter');
const zeros = (bytes: number) => '00'.repeat(bytes);

t.test('on a connection one page goes out, with the defaults in it', async (t) => {
  // Number 0, header 80 00, input 0, output 0 dB = 150, attack 10 ms = 100, release 100 ms, amount 0, width 50 % = 128,
  // two colours (drive 1, amount 1, frequency 10), processing is bit 1.
  t.same(device.start(), [`0080000096006400640080${'01010a'.repeat(2)}02${zeros(47)}`]);
});

t.test('each value changes its bytes and no others', async (t) => {
  t.equal(device.set('inputLevel', 20), `008000c896006400640080${'01010a'.repeat(2)}02${zeros(47)}`);
  t.equal(device.set('outputLevel', -15), `008000c800006400640080${'01010a'.repeat(2)}02${zeros(47)}`);
  t.equal(device.set('attack', 2500), `008000c80061a800640080${'01010a'.repeat(2)}02${zeros(47)}`);
  t.equal(device.set('release', 1300), `008000c80061a805140080${'01010a'.repeat(2)}02${zeros(47)}`);
  t.equal(device.set('amount', 100), `008000c80061a80514ff80${'01010a'.repeat(2)}02${zeros(47)}`);
  t.equal(device.set('width', 0), `008000c80061a80514ff00${'01010a'.repeat(2)}02${zeros(47)}`);
  t.equal(device.set('evenDrive', 100), `008000c80061a80514ff0015010a01010a02${zeros(47)}`);
  t.equal(device.set('evenAmount', 50), `008000c80061a80514ff00150b0a01010a02${zeros(47)}`);
  t.equal(device.set('evenFrequency', 0), `008000c80061a80514ff00150b0001010a02${zeros(47)}`);
  t.equal(device.set('oddDrive', 5), `008000c80061a80514ff00150b0002010a02${zeros(47)}`);
  t.equal(device.set('oddAmount', 100), `008000c80061a80514ff00150b0002150a02${zeros(47)}`);
  t.equal(device.set('oddFrequency', 23000), `008000c80061a80514ff00150b0002152002${zeros(47)}`);
});

t.test('switches are bits of one byte', async (t) => {
  for (const [id, value, bits] of [
    ['measureOutput', true, '03'],
    ['processing', false, '01'],
    ['clip', true, '05'],
    ['intelligentRelease', true, '0d'],
    ['midSide', true, '1d'],
    ['evenEnable', true, '3d'],
    ['oddEnable', true, '7d'],
    ['clip', false, '79'],
  ] as const)
    t.equal(device.set(id, value).slice(34, 36), bits, id);
});

t.test('page 1 is read as meters of two channels', async (t) => {
  const reports = device.receive(
    `0001${'0002' + '01' + 'ff85' + 'fe97'}${'0000' + '00' + '0000' + '000a'}${zeros(49)}`,
  );
  t.equal(Number(reports['gainReduction 0']).toFixed(3), '-6.021', '512 / 1024');
  delete reports['gainReduction 0'];
  t.same(reports, {
    'gainReduction 1': -60,
    'clipped 0': true,
    'clipped 1': false,
    'peak 0': -12.3,
    'peak 1': 0,
    'rms 0': -36,
    'rms 1': 1,
  });
  t.equal(device.garbage, 0);
  t.same(device.receive(`0002${zeros(63)}`), {}, 'another page');
  t.same(device.receive('0001'), {}, 'a page that was cut');
  t.equal(device.garbage, 67);
});
