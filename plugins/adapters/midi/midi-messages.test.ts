import t from 'tap';
import { midiReader } from './midi-messages.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** The messages of some pieces, one after the other. */
function read(...pieces: string[]): string[] {
  const reader = midiReader();
  return pieces.flatMap((piece) => reader.push(Buffer.from(piece, 'hex')).map(hex));
}

t.test('each message comes alone, however the bytes are cut', async (t) => {
  const messages = ['b0147f', 'c005', 'f0411042f7', 'e10040', 'f20102', 'f6', 'f37f', '903c40'];
  const whole = Buffer.from(messages.join(''), 'hex');
  for (let size = 1; size <= whole.length; size++) {
    const pieces: string[] = [];
    for (let at = 0; at < whole.length; at += size) pieces.push(hex(whole.subarray(at, at + size)));
    t.strictSame(read(...pieces), messages, `pieces of ${size}`);
  }
});

t.test('running status is written out, and ends with a system message', async (t) => {
  t.strictSame(read('b0147f', '1501', '16', '02'), ['b0147f', 'b01501', 'b01602']);
  t.strictSame(read('c00102'), ['c001', 'c002']);
  t.strictSame(read('b0147f' + 'f8' + '1501'), ['b0147f', 'f8', 'b01501'], 'a clock does not end it');
  t.strictSame(read('b0147f' + 'f6' + '1501'), ['b0147f', 'f6']);
  t.strictSame(read('b0147f' + 'f001f7' + '1501'), ['b0147f', 'f001f7']);
});

t.test('clock and active sensing come through, also inside other messages', async (t) => {
  t.strictSame(read('f041f8', '10fe', '42f7'), ['f8', 'fe', 'f0411042f7']);
  t.strictSame(read('b0f814fe7f'), ['f8', 'fe', 'b0147f']);
});

t.test('what is no message is left out', async (t) => {
  t.strictSame(read('7f00' + 'b01401'), ['b01401']);
  t.strictSame(read('f04110' + 'b01401'), ['b01401'], 'a SysEx that another status cuts off');
  t.strictSame(read('f7' + 'b01401'), ['b01401']);
  t.strictSame(read('b014'), [], 'half a message waits');
  const endless = ['f0', ...Array.from({ length: 1025 }, () => '00'.repeat(1024)), 'f7', 'fe'];
  t.strictSame(read(...endless), ['fe'], 'a SysEx over a megabyte');
});
