import t from 'tap';
import { CaptureRing } from './capture-ring.ts';

/** Frame n is n on the first channel and -n on the second. */
const piece = (from: number, frames: number) => [
  Float32Array.from({ length: frames }, (_, i) => from + i),
  Float32Array.from({ length: frames }, (_, i) => -(from + i)),
];
const read = (ring: CaptureRing, from: number, frames: number) => {
  const into = new Float32Array(2 * frames).fill(9);
  ring.read(from, frames, into);
  return [...into];
};

t.test('frames are found by their number, also over the end of the ring', async (t) => {
  const ring = new CaptureRing(2, 16);
  for (let from = 8; from < 80; from += 8) ring.put(from, piece(from, 8));
  t.same(read(ring, 64, 4), [64, 65, 66, 67, -64, -65, -66, -67]);
  t.same(read(ring, 70, 4), [70, 71, 72, 73, -70, -71, -72, -73]);
});

t.test('what was not heard is silence: ahead, too old, before the first, and in a gap', async (t) => {
  const ring = new CaptureRing(2, 32);
  ring.put(16, piece(16, 8));
  t.same(read(ring, 22, 4), [22, 23, 0, 0, -22, -23, 0, 0]);
  t.same(read(ring, 14, 4), [0, 0, 16, 17, 0, 0, -16, -17]);
  t.same(read(ring, -2, 2), [0, 0, 0, 0]);
  ring.put(24, piece(24, 8));
  ring.put(40, piece(40, 8));
  t.same(read(ring, 30, 4).slice(0, 4), [30, 31, 0, 0]);
  t.same(read(ring, 38, 4).slice(0, 4), [0, 0, 40, 41]);
  t.same(read(ring, 15, 2).slice(0, 2), [0, 16]);
  ring.put(1000, piece(1000, 8));
  t.same(read(ring, 998, 4).slice(0, 4), [0, 0, 1000, 1001], 'a gap longer than the ring');
});
