import t from 'tap';
import { FrameReader } from './frame-reader.ts';

const PAGES = [
  { size: 4, header: [0xa5, 0x01], checksum: { kind: 'xor', from: 0, to: 2, at: 3 } as const },
  { size: 3, header: [0xa5, 0x02] },
];
const hex = (frames: Iterable<Uint8Array>) => [...frames].map((frame) => Buffer.from(frame).toString('hex'));

t.test('frames are found wherever the stream is cut', async (t) => {
  const stream = Buffer.from('a50107a3' + 'a50209' + '00' + 'a5a50205', 'hex');
  const wanted = ['a50107a3', 'a50209', 'a50205'];
  const whole = new FrameReader(PAGES);
  t.same(hex(whole.push(stream)), wanted);
  t.equal(whole.garbage, 2);
  const byteByByte = new FrameReader(PAGES);
  t.same(
    [...stream].flatMap((byte) => hex(byteByByte.push(Uint8Array.of(byte)))),
    wanted,
  );
  t.equal(byteByByte.garbage, 2);
});

t.test('a frame with a wrong checksum hides none behind it', async (t) => {
  const reader = new FrameReader(PAGES);
  t.same(hex(reader.push(Buffer.from('a501a50207', 'hex'))), ['a50207']);
  t.equal(reader.garbage, 2);
});

t.test('noise is counted and nothing of it kept', async (t) => {
  const reader = new FrameReader(PAGES);
  t.same(hex(reader.push(new Uint8Array(10_000).fill(0x5a))), []);
  t.equal(reader.garbage, 10_000);
});
