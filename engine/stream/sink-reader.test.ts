import t from 'tap';
import { SinkRing } from '../render/sink-ring.ts';
import { SinkReader } from './sink-reader.ts';

/** A ring in which sample n of channel 0 is n, of channel 1 is -n. */
function ringAndWriter() {
  const memory = SinkRing.create(2, 32768);
  const ring = new SinkRing(memory);
  let next = 0;
  const write = (frames: number, playId: number, streamFrame: number, timelineFrame: number): void => {
    const left = Float32Array.from({ length: frames }, (_, i) => next + i);
    ring.write([left, left.map((x) => -x)], 0, frames, playId, streamFrame, timelineFrame, 1, 1);
    next += frames;
  };
  return { memory, ring, write };
}

t.test('sink reader gives pieces of 10 ms over blocks that follow each other', async (t) => {
  const { memory, write } = ringAndWriter();
  const reader = new SinkReader(memory, 48000, 0);
  for (let block = 0; block < 7; block++) write(128, 3, block * 128, 1000 + block * 128);
  const piece = reader.next(false)!;
  t.same([piece.playId, piece.streamFrame, piece.timelineFrame, piece.frames], [3, 0, 1000, 480]);
  t.same([...piece.samples.slice(-4)], [478, -478, 479, -479]);
  t.equal(reader.next(false), undefined, 'the rest waits to become whole');
  const rest = reader.next(true)!;
  t.same([rest.streamFrame, rest.timelineFrame, rest.frames], [480, 1480, 416]);
  t.equal(rest.samples[0], 480);
  t.equal(reader.next(true), undefined);
});

t.test('sink reader cuts where the timeline jumps and where a new play begins', async (t) => {
  const { memory, write } = ringAndWriter();
  const reader = new SinkReader(memory, 48000, 0);
  write(128, 1, 0, 500);
  write(100, 1, 128, 628);
  write(28, 1, 228, 0);
  write(128, 2, 0, 28);
  const seen: number[][] = [];
  for (let piece = reader.next(true); piece; piece = reader.next(true))
    seen.push([piece.playId, piece.streamFrame, piece.timelineFrame, piece.frames]);
  t.same(seen, [
    [1, 0, 500, 228],
    [1, 228, 0, 28],
    [2, 0, 28, 128],
  ]);
  t.equal(reader.lostFrames, 0);
});

t.test('sink reader that comes too late counts what is gone and goes on with what is there', async (t) => {
  const { memory, ring, write } = ringAndWriter();
  const reader = new SinkReader(memory, 48000, 0);
  for (let block = 0; block < 400; block++) write(128, 1, block * 128, block * 128);
  const first = reader.next(false)!;
  t.equal(first.streamFrame, ring.oldest, 'the oldest frame still there');
  t.equal(first.samples[0], first.streamFrame, 'and its sample');
  t.equal(reader.lostFrames, first.streamFrame);
});
