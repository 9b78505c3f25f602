import t from 'tap';
import { MidiReader } from './midi-bytes.ts';

const hex = (messages: Iterable<Uint8Array>) => [...messages].map((bytes) => Buffer.from(bytes).toString('hex'));

t.test('MidiReader reads what is cut anywhere, in running status and with clocks in between', async (t) => {
  const stream = Buffer.from(
    'b0150a' + '150b' + 'f8' + 'f04110f815f7' + '90407f' + 'b2f81501' + 'c005' + '06' + 'f20102' + 'f6' + 'b01502',
    'hex',
  );
  const whole = hex(new MidiReader().push(stream));
  t.same(whole, [
    'b0150a',
    'b0150b',
    'f8',
    'f8',
    'f0411015f7',
    '90407f',
    'f8',
    'b21501',
    'c005',
    'c006',
    'f20102',
    'f6',
    'b01502',
  ]);
  const byteByByte = new MidiReader();
  t.same(
    [...stream].flatMap((byte) => hex(byteByByte.push(Uint8Array.of(byte)))),
    whole,
  );
  t.equal(byteByByte.garbage, 0);
});

t.test('MidiReader counts what belongs to no message', async (t) => {
  const reader = new MidiReader();
  t.same(hex(reader.push(Buffer.from('010203b015b0157f', 'hex'))), ['b0157f']);
  t.equal(reader.garbage, 4);
  t.same(hex(reader.push(Buffer.from('f041b01500', 'hex'))), ['b01500'], 'a SysEx that was cut off');
  t.equal(reader.garbage, 5);
});
