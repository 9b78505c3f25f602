import type { Checksum } from '@audiocloud/api';
import t from 'tap';
import { checksumBytes } from './checksum.ts';

/** The check values that the catalogue of CRCs gives: of the text 123456789. */
const TEXT = Buffer.from('123456789');
const of = (kind: Checksum['kind'], bytes: Uint8Array, order?: Checksum['order']) =>
  checksumBytes(bytes, { kind, from: 0, to: bytes.length - 1, at: bytes.length, ...(order ? { order } : {}) });

t.test('checksums have the values of their standards', async (t) => {
  t.same(of('crc-8', TEXT), [0xf4]);
  t.same(of('crc-16', TEXT, 'big'), [0x29, 0xb1]);
  t.same(of('crc-16-modbus', TEXT, 'little'), [0x37, 0x4b]);
  t.same(of('sum', TEXT), [0xdd], '477');
  t.same(of('sum-16', TEXT, 'big'), [0x01, 0xdd]);
  t.same(of('xor', TEXT), [0x31]);
});

t.test('a Roland checksum makes the lowest seven bits of the sum zero', async (t) => {
  // 40 + 11 + 00 + 41 + 63 = f5, and 0b makes 100: an example of Roland's manuals.
  t.same(of('roland', Uint8Array.of(0x40, 0x11, 0x00, 0x41, 0x63)), [0x0b]);
  t.same(of('roland', Uint8Array.of(0x40, 0x00, 0x7f, 0x00)), [0x41]);
  t.same(of('roland', Uint8Array.of(0x40, 0x40)), [0]);
});

t.test('only the bytes from and to, both counted in', async (t) => {
  t.same(checksumBytes(Uint8Array.of(9, 1, 2, 4, 9), { kind: 'sum', from: 1, to: 3, at: 4 }), [7]);
});
