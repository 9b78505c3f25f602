import t from 'tap';
import { ccBytes, ControlChangeReader } from './midi-bytes.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

t.test('ccBytes writes 7 bits, rounded and clamped', async (t) => {
  t.equal(hex(ccBytes({ channel: 1, controller: 20 }, 64)), 'b01440');
  t.equal(hex(ccBytes({ channel: 16, controller: 7 }, 63.5)), 'bf0740');
  t.equal(hex(ccBytes({ channel: 1, controller: 20 }, 1e9)), 'b0147f');
  t.equal(hex(ccBytes({ channel: 1, controller: 20 }, -3)), 'b01400');
});

t.test('ccBytes writes 14 bits as two controllers, the upper half first', async (t) => {
  t.equal(hex(ccBytes({ channel: 2, controller: 4, bits: 14 }, 0x1fff)), 'b1043fb1247f');
  t.equal(hex(ccBytes({ channel: 2, controller: 4, bits: 14 }, 99999)), 'b1047fb1247f');
});

t.test('ControlChangeReader reads what is cut anywhere, in running status and with clocks in between', async (t) => {
  const stream = Buffer.from(
    'b0150a' + '150b' + 'f8' + 'f04110f815f7' + '90407f' + 'b2f81501' + 'c005' + 'b01502',
    'hex',
  );
  const whole = [...new ControlChangeReader().push(stream)];
  t.same(whole, [
    { channel: 1, controller: 21, value: 10 },
    { channel: 1, controller: 21, value: 11 },
    { channel: 3, controller: 21, value: 1 },
    { channel: 1, controller: 21, value: 2 },
  ]);
  const byteByByte = new ControlChangeReader();
  t.same(
    [...stream].flatMap((byte) => [...byteByByte.push(Uint8Array.of(byte))]),
    whole,
  );
  t.equal(byteByByte.garbage, 0);
});

t.test('ControlChangeReader counts what belongs to no message', async (t) => {
  const reader = new ControlChangeReader();
  t.same([...reader.push(Buffer.from('010203b015b0157f', 'hex'))], [{ channel: 1, controller: 21, value: 127 }]);
  t.equal(reader.garbage, 4);
});
