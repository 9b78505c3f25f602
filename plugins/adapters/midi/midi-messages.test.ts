import t from 'tap';
import { splitMessages } from './midi-messages.ts';

const split = (hex: string) =>
  splitMessages(Buffer.from(hex, 'hex')).map((bytes) => Buffer.from(bytes).toString('hex'));

t.test('splitMessages gives each message alone', async (t) => {
  t.same(split('b0147f' + 'c005' + 'f0411042f7' + 'f8' + 'e10040' + 'f20102' + 'f6'), [
    'b0147f',
    'c005',
    'f0411042f7',
    'f8',
    'e10040',
    'f20102',
    'f6',
  ]);
});

t.test('splitMessages lets no half message through', async (t) => {
  t.same(split('7f00' + 'b01401' + 'b014'), ['b01401']);
  t.same(split('f04110'), []);
});
