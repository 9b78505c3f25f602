import type { ByteField } from '@audiocloud/api';
import t from 'tap';
import { fieldRange, readField, writeField } from './byte-field.ts';

/** What eight bytes of `fill` become. */
function written(field: Omit<ByteField, 'in'>, value: number, fill = 0): string {
  const page = new Uint8Array(8).fill(fill);
  writeField(page, { in: 'page', ...field }, value);
  return Buffer.from(page).toString('hex');
}
const read = (field: Omit<ByteField, 'in'>, hex: string) =>
  readField(Buffer.from(hex, 'hex'), { in: 'page', ...field });

t.test('whole numbers of 8 to 64 bits, with and without sign, in both orders', async (t) => {
  const CASES: [field: Omit<ByteField, 'in'>, value: number, hex: string][] = [
    [{ at: 0, type: 'u8' }, 200, 'c800000000000000'],
    [{ at: 7, type: 'i8' }, -1, '00000000000000ff'],
    [{ at: 1, type: 'u16', order: 'big' }, 0x1234, '0012340000000000'],
    [{ at: 1, type: 'u16', order: 'little' }, 0x1234, '0034120000000000'],
    [{ at: 0, type: 'i16', order: 'big' }, -2, 'fffe000000000000'],
    [{ at: 0, type: 'u24', order: 'big' }, 0x123456, '1234560000000000'],
    [{ at: 0, type: 'i24', order: 'little' }, -0x800000, '0000800000000000'],
    [{ at: 2, type: 'u32', order: 'big' }, 0x89abcdef, '000089abcdef0000'],
    [{ at: 0, type: 'i32', order: 'little' }, -0x12345678, '88a9cbed00000000'],
    [{ at: 0, type: 'u64', order: 'big' }, 2 ** 53, '0020000000000000'],
    [{ at: 0, type: 'i64', order: 'little' }, -2, 'feffffffffffffff'],
  ];
  for (const [field, value, hex] of CASES) {
    t.equal(written(field, value), hex, JSON.stringify(field));
    t.equal(read(field, hex), value, JSON.stringify(field));
  }
});

t.test('numbers are rounded and clamped to what fits', async (t) => {
  t.equal(written({ at: 0 }, 1.5), '0200000000000000');
  t.equal(written({ at: 0 }, 256), 'ff00000000000000');
  t.equal(written({ at: 0 }, -1), '0000000000000000');
  t.equal(written({ at: 0, type: 'i8' }, 128), '7f00000000000000');
  t.equal(written({ at: 0, type: 'u64', order: 'big' }, 1e30), 'ffffffffffffffff');
  t.equal(written({ at: 0, type: 'i64', order: 'big' }, 1e30), '7fffffffffffffff');
  t.same(fieldRange({ in: 'page', at: 0, type: 'i16', order: 'big' }), [-32768, 32767]);
});

t.test('single bits leave their neighbours alone', async (t) => {
  t.equal(written({ at: 3, bit: 6 }, 1), '0000004000000000');
  t.equal(written({ at: 3, bit: 6 }, 0, 0xff), 'ffffffbfffffffff');
  t.equal(read({ at: 3, bit: 6 }, '0000004000000000'), 1);
});

t.test('bit ranges over several bytes, highest bit first', async (t) => {
  const bits = [
    { byte: 0, from: 7, to: 0 },
    { byte: 4, from: 5, to: 4 },
  ];
  t.equal(written({ bits }, 0b1010101001), 'aa00000010000000');
  t.equal(written({ bits }, 0, 0xff), '00ffffffcfffffff');
  t.equal(read({ bits }, 'aa00000010000000'), 0b1010101001);
  t.equal(written({ bits: [{ byte: 0, from: 0, to: 2 }] }, 0b100), '0100000000000000', 'the other way round');
});

t.test('one-hot over two ranges with an inverted bit', async (t) => {
  const field = {
    oneHot: [
      { byte: 0, from: 0, to: 3 },
      { byte: 1, from: 7, to: 4 },
    ],
    inverted: [0],
  };
  t.same(fieldRange({ in: 'page', ...field }), [-1, 7]);
  t.equal(written(field, 0), '0000000000000000', 'the inverted one');
  t.equal(written(field, 3), '0900000000000000');
  t.equal(written(field, 4), '0180000000000000');
  t.equal(written(field, -1), '0100000000000000', 'none');
  for (const [hex, value] of [
    ['0000', 0],
    ['0900', 3],
    ['0180', 4],
    ['0100', -1],
    ['0300', 1],
    ['0700', undefined],
    ['0200', undefined],
  ] as const)
    t.equal(read(field, hex), value, hex);
});
