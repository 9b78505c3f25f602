import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('generic-midi-reverb');

t.test('on a connection program, controllers and parameter numbers are sent', async (t) => {
  // 50 % of 127 is 63.5; 2.1 s is a tenth of 16383, 1638 = 12 * 128 + 102.
  t.same(device.start(), [
    'c000',
    ...['14', '15', '16', '17', '18', '19', '1a', '1b', '1c', '1d', '1e', '1f'].map(
      (controller) => `b0${controller}40`,
    ),
    'b06301b06208b0060cb02666',
    'b06301b06209b00600b02600',
  ]);
});

t.test('values become messages', async (t) => {
  t.equal(device.set('program', 128), 'c07f');
  t.equal(device.set('mix', 100), 'b0147f');
  t.equal(device.set('duck', 0), 'b01f00');
  t.equal(device.set('decay', 20.1), 'b06301b06208b0067fb0267f');
  t.equal(device.set('preDelay', 500), 'b06301b06209b0067fb0267f');
});

t.test('it is asked for its edit buffer with a checksum', async (t) => {
  // 40 + 00 + 00 + 00 + 00 + 05 = 45, and 3b makes 80.
  t.same(device.polls(), ['f041104211' + '400000' + '000005' + '3b' + 'f7']);
});

t.test('the dump of the edit buffer is read, cut anywhere, when its checksum is right', async (t) => {
  // 40 00 00 05 0c 66 7f 7f: 437, and 4b makes 512.
  t.same(device.receive('f041104212400000050c66'), {});
  const reports = device.receive('fe7f7f4bf7');
  t.equal(Number(reports['editDecay 0']).toFixed(3), '2.100');
  delete reports['editDecay 0'];
  t.same(reports, { 'editProgram 0': 6, 'editPreDelay 0': 500 });
  t.same(device.receive('f041104212400000050c667f7f4cf7'), {}, 'a wrong checksum');
});
